package capture_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/capture"
)

func TestTheTerminalsAnswerIsTakenOutOfTheKeys(t *testing.T) {
	answer := func(text, end string) string {
		return "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + end
	}
	for name, c := range map[string]struct {
		chunks []string
		rest   string
		texts  []string
	}{
		"keys alone":            {[]string{"abc\x1b[A"}, "abc\x1b[A", nil},
		"Esc alone":             {[]string{"\x1b"}, "\x1b", nil},
		"Alt and a key":         {[]string{"\x1bx"}, "\x1bx", nil},
		"two Esc":               {[]string{"\x1b\x1b"}, "\x1b\x1b", nil},
		"an answer":             {[]string{answer("link\n", "\a")}, "", []string{"link"}},
		"ended the other way":   {[]string{answer("link", "\x1b\\")}, "", []string{"link"}},
		"between keys":          {[]string{"a" + answer("link", "\a") + "b"}, "ab", []string{"link"}},
		"in pieces":             {[]string{"a\x1b]5", "2;c;bGl", "uaw==", "\ab"}, "ab", []string{"link"}},
		"two":                   {[]string{answer("a", "\a") + answer("b", "\a")}, "", []string{"a", "b"}},
		"empty":                 {[]string{"\x1b]52;c;\a"}, "", nil},
		"damaged":               {[]string{"\x1b]52;c;!!\ax"}, "x", nil},
		"broken, and Ctrl-C":    {[]string{"\x1b]52;c;bGl", "typed\x03x"}, "\x03x", nil},
		"another sequence":      {[]string{"\x1b]11;rgb:0/0/0\a"}, "\x1b]11;rgb:0/0/0\a", nil},
		"far too long":          {[]string{answer(strings.Repeat("x", 1<<20), "\a") + "y"}, "y", nil},
		"a paste is left alone": {[]string{"\x1b[200~https://x\x1b[201~"}, "\x1b[200~https://x\x1b[201~", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var o capture.OSC52
			var rest []byte
			var texts []string
			for _, chunk := range c.chunks {
				r, s := o.Filter([]byte(chunk), false)
				rest, texts = append(rest, r...), append(texts, s...)
			}
			if string(rest) != c.rest || cmp.Diff(c.texts, texts) != "" {
				t.Errorf("left %q, texts %q", rest, texts)
			}
		})
	}
	// Where a full buffer ends with an escape, the next one goes on.
	var o capture.OSC52
	if rest, _ := o.Filter([]byte("a\x1b"), true); string(rest) != "a" {
		t.Errorf("left %q", rest)
	}
	if rest, texts := o.Filter([]byte(answer("link", "\a")[1:]), false); len(rest) != 0 || len(texts) != 1 {
		t.Errorf("left %q, texts %q", rest, texts)
	}
}

func FuzzOSC52(f *testing.F) {
	f.Add([]byte("a\x1b]52;c;bGluaw==\ab\x1b"), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = max(0, min(cut, len(data)))
		var o capture.OSC52
		for _, chunk := range [][]byte{data[:cut], data[cut:]} {
			held := o.Held()
			rest, _ := o.Filter(chunk, false)
			if len(rest) > held+len(chunk) {
				t.Errorf("%q grew to %q", chunk, rest)
			}
		}
	})
}
