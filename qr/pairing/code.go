package pairing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// A code is the pairing's id (80 bits, random, no secret) and a tag (128
// bits): HMAC-SHA-256 over id and step under a key of the server. So a code
// is replaced without a write to the database, and no code lies in it.
const (
	idChars   = 16 // 10 bytes in base32
	tagBytes  = 16
	codeChars = idChars + 26
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewID gives the id of a new pairing: 16 characters of upper-case base32.
func NewID() string {
	var b [10]byte
	rand.Read(b[:])
	return encoding.EncodeToString(b[:])
}

// ValidID reports whether id has the form that NewID gives.
func ValidID(id string) bool {
	raw, err := encoding.DecodeString(id)
	return err == nil && len(raw) == 10 && encoding.EncodeToString(raw) == id
}

// Codes makes and reads the codes of all pairings of one server.
type Codes struct {
	key [32]byte // secret: who has it can make the code of any pairing
}

// NewCodes takes the server's pairing key, 32 random bytes.
func NewCodes(key [32]byte) Codes { return Codes{key} }

// Step is which code a pairing shows when age has passed since its codes began
// to run.
func Step(age time.Duration) int { return int(max(0, age) / CodeEvery) }

// At gives the code of pairing id for a step: 42 characters, A-Z and 2-7.
func (c Codes) At(id string, step int) string {
	return id + encoding.EncodeToString(c.tag(id, step))
}

// Ticket gives the ticket of pairing id, which is of KindTicket: 42 characters,
// A-Z and 2-7. It stands in for the codes of other kinds, and is none of them.
func (c Codes) Ticket(id string) string {
	return id + encoding.EncodeToString(c.ticketTag(id))
}

// OpenTicket gives the pairing that a ticket belongs to, or ErrNotFound if this
// server never made it. It needs no look at the database.
func (c Codes) OpenTicket(ticket string) (id string, err error) {
	ticket = strings.ToUpper(ticket)
	if len(ticket) != codeChars || !ValidID(ticket[:idChars]) || !hmac.Equal([]byte(ticket), []byte(c.Ticket(ticket[:idChars]))) {
		return "", ErrNotFound
	}
	return ticket[:idChars], nil
}

func (c Codes) ticketTag(id string) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("hamconnect ticket\x00" + id))
	return mac.Sum(nil)[:tagBytes]
}

func (c Codes) tag(id string, step int) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("hamconnect pairing code\x00" + id))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	return mac.Sum(nil)[:tagBytes]
}

// Open gives the pairing and the step that code belongs to, or ErrNotFound if
// this server never made it. Whether the step is still good is for Scan.
func (c Codes) Open(code string) (id string, step int, err error) {
	code = strings.ToUpper(code)
	if len(code) != codeChars || !ValidID(code[:idChars]) {
		return "", 0, ErrNotFound
	}
	id = code[:idChars]
	got, err := encoding.DecodeString(code[idChars:])
	if err != nil || encoding.EncodeToString(got) != code[idChars:] {
		return "", 0, ErrNotFound
	}
	// All steps are tried, so that the time says nothing about which one it was.
	step = -1
	for s := range int((OfferFor+WaitFor)/CodeEvery) + 1 {
		if hmac.Equal(got, c.tag(id, s)) {
			step = s
		}
	}
	if step < 0 {
		return "", 0, ErrNotFound
	}
	return id, step, nil
}

// codeIsGood reports whether the code of step may be claimed when age has
// passed: the present one, and for CodeGrace the one before it.
func codeIsGood(age time.Duration, step int) bool {
	return step == Step(age) || step == Step(age-CodeGrace)
}
