package plain

import (
	"bufio"
	"context"
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// maxLine is longer than any link.
const maxLine = 16 << 10

// line is what was typed up to Enter.
type line struct {
	text string
	raw  string // as it came, for a passphrase
	long bool   // it was longer than maxLine, and is not kept
}

// readLines sends each line of in, which CR, LF or both may end, and closes
// lines at the end. What stands there without an end was not sent off by the
// person, and is dropped.
func readLines(ctx context.Context, in io.Reader, lines chan<- line) {
	defer close(lines)
	r := bufio.NewReader(in)
	var typed []byte
	for long, afterCR := false, false; ; {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return
		case b == '\n' && afterCR:
			afterCR = false
			continue
		case b != '\n' && b != '\r':
			if afterCR = false; len(typed) < maxLine {
				typed = append(typed, b)
			} else {
				long = true
			}
			continue
		}
		select {
		case lines <- line{fit(string(typed)), string(typed), long}:
		case <-ctx.Done():
			return
		}
		typed, long, afterCR = typed[:0], false, b == '\r'
	}
}

// fit takes out what no key for a letter sends: the sequences of arrow keys,
// control characters, marks of direction, and broken UTF-8.
func fit(typed string) string {
	text := strings.ToValidUTF8(ansi.Strip(typed), "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, text))
}

// short is an answer as it is compared: in small letters, and of full-width
// ones, as a Chinese or Japanese input method types them, the usual forms.
func short(text string) string {
	return strings.ToLower(strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		}
		return r
	}, text)))
}
