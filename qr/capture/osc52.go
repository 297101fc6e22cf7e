package capture

import (
	"bytes"
	"encoding/base64"
)

// QueryOSC52 asks the terminal itself for the text in its clipboard, which also
// works from afar. Many terminals do not answer, and some ask the person first.
const QueryOSC52 = "\x1b]52;c;?\x07"

// maxAnswer bounds an answer: a text of maxText bytes in base64.
const maxAnswer = maxText/3*4 + 16

var answerBegins = []byte("\x1b]52;")

// OSC52 takes the answers out of what a terminal sends. The zero value is
// ready. A program's own reader of keys would take an answer for typed letters.
type OSC52 struct {
	held   []byte // begins as an answer does
	inside bool   // of an answer
	over   bool   // it is too long, and dropped
}

// Filter gives what is left of data without answers, and the texts of those
// that have ended in it. more says that data goes on at once: only then is a
// lone escape kept back, which else is a key.
func (o *OSC52) Filter(data []byte, more bool) (rest []byte, texts []string) {
	for _, b := range data {
		switch {
		case o.inside:
			text, ended := o.take(b)
			if text != "" {
				texts = append(texts, text)
			}
			if ended && b != '\a' && b != '\\' {
				rest = append(rest, b) // a key, say Ctrl-C: what began as an answer was none
			}
			continue
		case b == answerBegins[len(o.held)]:
			o.held = append(o.held, b)
			if len(o.held) == len(answerBegins) {
				o.inside, o.over, o.held = true, false, nil
			}
			continue
		}
		rest = append(rest, o.held...)
		if o.held = nil; b == answerBegins[0] {
			o.held = append(o.held, b)
		} else {
			rest = append(rest, b)
		}
	}
	if !o.inside && len(o.held) == 1 && !more {
		rest = append(rest, o.held...)
		o.held = nil
	}
	return rest, texts
}

// Held is by how many bytes the next rest may be longer than its data.
func (o *OSC52) Held() int {
	if o.inside {
		return 0
	}
	return len(o.held)
}

// take takes in a byte of an answer, which ends with BEL, or with ESC and a
// backslash. Any other control character ends it too, or a broken answer would
// swallow what is typed for ever.
func (o *OSC52) take(b byte) (text string, ended bool) {
	switch {
	case b == '\a' || b == '\\' || b < ' ' && b != answerBegins[0]:
		if !o.over && (b == '\a' || b == '\\') {
			text = decodeOSC52(o.held)
		}
		o.held, o.inside, o.over = nil, false, false
		return text, true
	case b == answerBegins[0]: // the first half of the end
	case len(o.held) >= maxAnswer:
		o.over = true
	default:
		o.held = append(o.held, b)
	}
	return "", false
}

// decodeOSC52 reads "c;BASE64"; what it cannot read is no text.
func decodeOSC52(answer []byte) string {
	_, coded, _ := bytes.Cut(answer, []byte(";"))
	text, err := base64.StdEncoding.DecodeString(string(coded))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(text))
}
