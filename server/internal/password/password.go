// Package password hashes the passwords of OpenMaster's dialect with argon2id,
// and says how long somebody waits who types wrong ones. Ham's own sign-in has
// no passwords.
package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// What OWASP lists with the least memory, 7 MiB for one hash: it is as much work
// as its others, and leaves caches and the garbage collector alone.
var parameters = &argon2id.Params{Memory: 7 * 1024, Iterations: 5, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is what is compared with where there is no password, so that the time
// does not tell. Nobody knows what it is the hash of.
var nobody = "$argon2id$v=19$m=7168,t=5,p=1$cm9vbSBmb3Igbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// ErrBusy is returned where more passwords wait than will be looked at in time.
var ErrBusy = errors.New("password: too many at once")

const (
	maxAtOnce = 8 // hashes, of 7 MiB each
	maxQueued = 256
	maxWait   = 5 * time.Second

	// A turn rests this many times as long as its hash took while others wait:
	// hashing takes a whole processor, and who asks for anything else meanwhile
	// would wait for it.
	rest = 3
)

// Hasher makes hashes, few at a time: however many ask, memory stays below 256
// MB, and half of the processors are left to everything else.
type Hasher struct {
	turn   chan struct{} // holds a value for each hash that is being made
	queued chan struct{} // and for each whose caller has entered
}

// NewHasher gives one for this machine.
func NewHasher() *Hasher {
	return &Hasher{
		turn:   make(chan struct{}, min(maxAtOnce, max(1, runtime.GOMAXPROCS(0)/2))),
		queued: make(chan struct{}, maxQueued),
	}
}

// Enter takes a place in the queue, or gives ErrBusy where there is none. The
// caller leaves it in the end.
func (h *Hasher) Enter() (leave func(), err error) {
	select {
	case h.queued <- struct{}{}:
		return func() { <-h.queued }, nil
	default:
		return nil, ErrBusy
	}
}

// begin waits for a turn. Who waits too long gets ErrBusy.
func (h *Hasher) begin(ctx context.Context) (end func(), err error) {
	late := time.NewTimer(maxWait)
	defer late.Stop()
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn }, nil
	case <-late.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Verify reports whether text is the password of hash, in PHC's string format.
// An empty hash takes as long, and matches nothing. The caller has entered the
// queue.
func (h *Hasher) Verify(ctx context.Context, text, hash string) (bool, error) {
	end, err := h.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	known := hash != ""
	if !known {
		hash = nobody
	}
	begun := time.Now()
	match, err := argon2id.ComparePasswordAndHash(text, hash)
	if len(h.queued) > cap(h.turn) {
		time.Sleep(rest * time.Since(begun))
	}
	if err != nil {
		return false, fmt.Errorf("verifying a password: %w", err)
	}
	return match && known, nil
}

// Hash gives the hash of a password that Valid accepts.
func Hash(text string) (string, error) { return argon2id.CreateHash(text, parameters) }

// Bounds of a password. The first is NIST's (SP 800-63B §5.1.1.1).
const (
	minLength = 8   // characters
	maxLength = 256 // bytes
)

// Valid reports why text may not be the password of the person with email.
func Valid(text, email string) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\n"):
		return errors.New("the password holds line breaks or is not valid UTF-8")
	case utf8.RuneCountInString(text) < minLength:
		return fmt.Errorf("the password must have at least %d characters", minLength)
	case len(text) > maxLength:
		return fmt.Errorf("the password must have at most %d bytes", maxLength)
	case strings.EqualFold(text, email) || strings.Trim(text, text[:1]) == "":
		return errors.New("the password is too easy to guess: it is the email address, or one character repeated")
	}
	return nil
}

// How many wrong passwords cost no waiting: of one account, and from one
// address, behind which many people may sit.
const (
	FreeAccount = 5
	FreeAddress = 20
)

// Wait is how long it is until the next try, after so many failures in a row of
// which the first ones are free: a second, then twice as long each time, up to
// a quarter of an hour.
func Wait(failures, free int) time.Duration {
	const most = 15 * time.Minute
	switch over := failures - free; {
	case over < 0:
		return 0
	case over >= 10:
		return most
	default:
		return min(most, time.Second<<over)
	}
}
