package wrapping

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLine(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		width int
		long  Long
		want  []string
	}{
		"words":                      {"one two three", 8, Breaks, []string{"one two", "three"}},
		"a hyphen":                   {"well-known", 6, Breaks, []string{"well-", "known"}},
		"a long word":                {"a https://ham.example/q/ABCDEF b", 10, Breaks, []string{"a", "https://ha", "m.example/", "q/ABCDEF b"}},
		"a link that is copied":      {"a https://my-ham.example/q/ABCDEF b", 10, Stays, []string{"a", "https://my-ham.example/q/ABCDEF", "b"}},
		"a link at the end":          {"Open https://ham.example/", 12, Stays, []string{"Open", "https://ham.example/"}},
		"Chinese":                    {"粘贴桌面上的链接。", 8, Stays, []string{"粘贴桌面", "上的链", "接。"}},
		"Japanese with a Latin word": {"今は Campus Library です", 12, Stays, []string{"今は Campus", "Library です"}},
		"nothing":                    {"", 8, Stays, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Line(test.text, test.width, test.long)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
