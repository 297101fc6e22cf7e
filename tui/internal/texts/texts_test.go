package texts

import "testing"

func TestANumberChoosesItsWord(t *testing.T) {
	texts := Texts{"en", map[string]string{
		"left": "{0} {0|second is|seconds are} left.",
		"of":   "{1} of {0} {0|app|apps}{2|, alone|}",
	}}
	for want, got := range map[string]string{
		"1 second is left.":       texts.Get("left", 1),
		"0 seconds are left.":     texts.Get("left", 0),
		"21 seconds are left.":    texts.Get("left", 21),
		"{0|a|b} of 1 app, alone": texts.Get("of", 1, "{0|a|b}", 1), // what is filled in chooses nothing
		"x of 2 apps":             texts.Get("of", 2, "x", 0),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
