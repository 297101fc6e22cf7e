package client_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"hamconnect/tui/client"
)

func TestClean(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain text stays":             {"Campus Library – Bücher & 図書館 🎓", "Campus Library – Bücher & 図書館 🎓"},
		"colours":                      {"a\x1b[1;31mb\x1b[0mc", "abc"},
		"eight-bit CSI":                {"a\u009b2Jb", "ab"},
		"a title by OSC and BEL":       {"a\x1b]0;title\ab", "ab"},
		"a link by OSC and ST":         {"a\x1b]8;;https://evil.example\x1b\\b\x1b]8;;\x1b\\c", "abc"},
		"OSC that never ends":          {"a\x1b]52;c;ZXZpbA==", "a"},
		"DCS":                          {"a\x1bPq#0\x1b\\b", "ab"},
		"a charset switch":             {"a\x1b(0b", "ab"},
		"a reset":                      {"a\x1bcb", "ab"},
		"an escape at the end":         {"a\x1b", "a"},
		"an escape inside an escape":   {"a\x1b\x1b[31mb", "ab"},
		"an escape made of two":        {"\x1b[\x1b[31m", ""},
		"controls":                     {"a\x00\x07\x08\x7fb", "ab"},
		"line breaks become a space":   {" a\r\n\tb\u2028c\u00a0d ", "a b c d"},
		"direction overrides":          {"a\u202egnp.exe\u202c\u2066\u200f\u061c", "agnp.exe"},
		"zero width":                   {"a\u200b\u200d\ufeff\u2060\u00adb", "ab"},
		"fillers that look like space": {"a\u3164\u115f\u2800b", "ab"},
		"tags":                         {"a\U000E0041b", "ab"},
		"private use":                  {"a\ue000b", "ab"},
		"invalid UTF-8":                {"a\xff\xfe\xc3b", "ab"},
		"a mark with nothing below":    {"\u0301a \u0301b", "a b"},
		"marks that pile up":           {"a" + strings.Repeat("\u0301", 50) + "b", "a" + strings.Repeat("\u0301", 4) + "b"},
		"too long":                     {strings.Repeat("ä", 600), strings.Repeat("ä", 511) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := client.Clean(c.in); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"a", "\x1b[31m", "a\x1b]0;t\a", "\u202e\u200b", "\xff\xc3", "e\u0301", "\u009b\u009d\x1b\\", strings.Repeat("ab \u0301", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := client.Clean(in)
		if !utf8.ValidString(out) || utf8.RuneCountInString(out) > 512 {
			t.Fatalf("not valid or too long: %q", out)
		}
		for _, r := range out {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r != ' ' && unicode.IsSpace(r) {
				t.Fatalf("%U is left in %q", r, out)
			}
		}
		if again := client.Clean(out); again != out {
			t.Fatalf("Clean(%q) = %q, and cleaned again %q", in, out, again)
		}
	})
}
