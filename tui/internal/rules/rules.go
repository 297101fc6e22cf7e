// Package rules is how both forms of the Ham app, the full screen and the plain
// one, take what a person types and tell what went wrong.
package rules

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hamconnect/qr"
	"hamconnect/tui/client"
)

// Number reads a check number, two digits from 10 to 99, as a person types or
// pastes it.
func Number(text string) (int, bool) {
	text = strings.TrimSpace(text)
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) == 2 && n >= 10
}

// Sentence makes an error's text one for the person, with what to try.
func Sentence(err error) string {
	text := err.Error()
	if errors.Is(err, client.ErrUnreachable) {
		text += "; check the network, and try again"
	}
	if errors.Is(err, qr.ErrNoCode) {
		text = "no QR code was found in this picture; take it again, closer and straight"
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return client.Clean(text)
}

// Path makes of what was typed the path of a picture, if it is one: it takes
// off the quotes which a file manager puts there when a file is dropped on the
// terminal, and knows the home folder by its sign.
func Path(text string) string {
	text = strings.TrimSpace(text)
	for _, quote := range []string{"'", `"`} {
		if len(text) > 2 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return text[1 : len(text)-1]
		}
	}
	if rest, ok := strings.CutPrefix(text, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return text
}

// WriteNew writes the person's data to a file that only its owner can read, and
// to none that is there: that is an fs.ErrExist.
func WriteNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the person says where
	if err != nil {
		return fmt.Errorf("writing your data: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing your data: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}

// Pause before the next poll: short, so that even a server that answers at
// once for ever costs little; longer when it cannot be reached.
func Pause(failures int) time.Duration {
	if failures == 0 {
		return 200 * time.Millisecond
	}
	return time.Second << min(failures-1, 3)
}

// Away is how long nobody did anything, by the clock that goes on while the
// machine sleeps, or by the one that nobody can set back: whichever says more.
func Away(now, since time.Time) time.Duration {
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}
