// Package failures tells in the language of the person what went wrong, for both
// forms of the Ham app. Errors themselves speak English.
package failures

import (
	"crypto/x509"
	"embed"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
	"hamconnect/tui/internal/texts"
)

// ErrEnrolLink says that a device which is signed in was given an enrol link.
var ErrEnrolLink = errors.New("this is an enrol link, and this device is signed in already; scan the code of a sign-in page")

// ErrSignInFirst says that a device which is not signed in was given the code of
// a sign-in page.
var ErrSignInFirst = errors.New("this is a sign-in code, and no enrol link; sign this device in with an enrol link first, then scan the code again")

// Said is an error whose text is a sentence in the person's language already.
type Said string

func (s Said) Error() string { return string(s) }

// About is what was wanted when it failed, where the same refusal of the server
// means something else.
type About int

// What can be wanted.
const (
	ACode       About = iota // of a page on a desktop
	AnEnrolLink              // to sign this device in
	ARow                     // of a list of the account
)

//go:embed text/*.toml
var files embed.FS

var catalogue = sync.OnceValue(func() texts.Catalogue { return texts.Load(files, "failures") })

// reasons are the sentences of errors that carry no code, such as
// *qr.LinkError, *qr.PictureError and *capture.Error, in the languages beside
// English.
var reasons = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, code := range texts.Languages[1:] {
		var said map[string]string
		if _, err := toml.DecodeFS(files, "text/reasons_"+code+".toml", &said); err != nil {
			panic("failures: the reasons in " + code + ": " + err.Error())
		}
		all[code] = said
	}
	return all
})

// Sentence says in the language of code what went wrong and what to try, as far
// as there are words for it; else in English. host is the server's, empty for
// one that is not known yet.
func Sentence(code, host string, about About, err error) string {
	t := catalogue().Speak(code)
	err = Meant(about, err)
	if said, ok := errors.AsType[Said](err); ok {
		return string(said)
	}
	if f, ok := errors.AsType[*client.Failure](err); ok {
		if key, args := refusal(t, f, about); t.Has(key) {
			return client.Clean(t.Get(key, args...))
		}
		return rules.Sentence(err)
	}
	if h, ok := errors.AsType[*client.HostError](err); ok {
		return client.Clean(t.Get("error.host", h.Link, h.Enrolled))
	}
	if l, ok := errors.AsType[*qr.LinkError](err); ok {
		return reason(t, "error.link", l)
	}
	if p, ok := errors.AsType[*qr.PictureError](err); ok {
		return reason(t, "error.picture", p)
	}
	if c, ok := errors.AsType[*capture.Error](err); ok {
		return reason(t, "error.capture", c)
	}
	if a, ok := errors.AsType[*client.AnswerError](err); ok {
		said := a.Reason
		if words, ok := translated(reasons()[t.Code], said); ok {
			said = words
		}
		return client.Clean(t.Get("error.answer", a.Server, said))
	}
	if l, ok := errors.AsType[*client.LooseError](err); ok {
		return client.Clean(t.Get("error.loose", l.Path, l.Mend))
	}
	if key, args := account(err); key != "" {
		return client.Clean(t.Get(key, args...))
	}
	for _, known := range []struct {
		err error
		key string
	}{
		{qr.ErrNoCode, "error.no_code"},
		{ErrEnrolLink, "error.enrol_link"},
		{ErrSignInFirst, "error.sign_in_first"},
		{client.ErrNotSignedIn, "error.not_signed_in"},
		{client.ErrLocked, "error.locked"},
		{client.ErrPassphrase, "error.passphrase"},
		{client.ErrKeyring, "error.keyring"},
	} {
		if errors.Is(err, known.err) {
			return t.Get(known.key)
		}
	}
	if errors.Is(err, client.ErrUnreachable) {
		if host == "" {
			host = t.Get("error.the_server")
		}
		if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
			return client.Clean(t.Get("error.certificate", host))
		}
		return client.Clean(t.Get("error.unreachable", host))
	}
	return reason(t, "", err)
}

// Meant is err with the advice that fits what was wanted.
func Meant(about About, err error) error {
	if about == AnEnrolLink {
		return client.ForEnrolment(err)
	}
	return err
}

// account gives the key of the text for what is wrong with an account of this
// device, and what it fills in; the key is empty for anything else.
func account(err error) (key string, args []any) {
	if e, ok := errors.AsType[*client.TwiceError](err); ok {
		return "error.twice", []any{e.Account.Name(), e.Account.Server, e.Device}
	}
	if e, ok := errors.AsType[*client.SignedInError](err); ok {
		return "error.signed_in", []any{e.Account.Name(), e.Account.Server}
	}
	if e, ok := errors.AsType[*client.NameError](err); ok {
		key := "error.name_none"
		if e.Several {
			key = "error.name_several"
		}
		return key, []any{e.Name}
	}
	return "", nil
}

// refusal gives the key of the text for a refusal of the server, and what it
// fills in.
func refusal(t texts.Texts, f *client.Failure, about About) (key string, args []any) {
	key = "error." + string(f.Code)
	switch f.Code {
	case pairing.FailState:
		return key + "_" + string(f.State), nil
	case pairing.FailNumber:
		switch {
		case f.TriesLeft <= 0:
			return key + "_none", nil
		case f.TriesLeft == 1:
			return key + "_one", nil
		}
		return key + "_more", []any{f.TriesLeft}
	case pairing.FailNotFound:
		return key + [...]string{ACode: "", AnEnrolLink: "_enrol", ARow: "_listed"}[about], nil
	case pairing.FailClock:
		if f.Skew < 0 {
			return key + "_behind", []any{span(t, -f.Skew)}
		}
		return key + "_ahead", []any{span(t, f.Skew)}
	case pairing.FailTooMany:
		if f.RetryAfter > 0 {
			return key + "_until", []any{span(t, f.RetryAfter)}
		}
	case pairing.FailRequest, pairing.FailClient, pairing.FailScopes, pairing.FailServer:
		if f.Description != "" {
			return "error.server_says", []any{strings.TrimSuffix(f.Description, ".")}
		}
		return "error.refused", []any{f.Code, f.Status}
	default:
	}
	return key, nil
}

func span(t texts.Texts, d time.Duration) string {
	n, unit := client.Span(d)
	return t.Get("span."+unit, n)
}

// reason puts a reason into the language of t if there are words for all of its
// sentences, and else says it in English, inside the text of key if there is one.
func reason(t texts.Texts, key string, err error) string {
	english := rules.Sentence(err)
	if t.Code == texts.Languages[0] {
		return english
	}
	var said strings.Builder
	for _, sentence := range sentences(english) {
		text, ok := translated(reasons()[t.Code], sentence)
		if !ok {
			if key == "" {
				return english
			}
			return client.Clean(t.Get(key, english))
		}
		said.WriteString(text)
	}
	return client.Clean(said.String())
}

var fullStop = regexp.MustCompile(`[.?] [A-Z]`)

// sentences takes an English text apart.
func sentences(text string) (all []string) {
	for {
		at := fullStop.FindStringIndex(text)
		if at == nil {
			return append(all, text)
		}
		all, text = append(all, text[:at[0]+1]), text[at[1]-1:]
	}
}

// translated finds the words for an English sentence, or part of one; {0} in a
// key stands for anything, which is looked up as well.
func translated(said map[string]string, english string) (string, bool) {
	if text, ok := said[english]; ok {
		return text, true
	}
	for key, text := range said {
		before, after, ok := strings.Cut(key, "{0}")
		if !ok || len(english) <= len(before)+len(after) || !strings.HasPrefix(english, before) || !strings.HasSuffix(english, after) {
			continue
		}
		filled := english[len(before) : len(english)-len(after)]
		if words, ok := translated(said, filled); ok {
			filled = words
		}
		begin, end, _ := strings.Cut(text, "{0}")
		if last, _ := utf8.DecodeLastRuneInString(begin); unicode.IsLetter(last) && filled[0] < utf8.RuneSelf {
			begin += " " // as texts have it between Chinese or Japanese and Latin letters
		}
		return begin + filled + end, true
	}
	return "", false
}
