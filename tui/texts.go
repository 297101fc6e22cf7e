package tui

import (
	"embed"
	"os"
	"sync"
	"time"

	catalogue "hamconnect/tui/internal/texts"
)

//go:embed text/*.toml
var textFiles embed.FS

// languages that the app speaks, by their codes. The first is the one for who
// speaks none of them.
var languages = catalogue.Languages

// texts are the app's texts in one language, by key.
type texts struct {
	code string
	in   catalogue.Texts
}

// get gives the text for key, with {0}, {1}, … replaced by args. A key that
// there is no text for comes back as it is.
func (t texts) get(key string, args ...any) string { return t.in.Get(key, args...) }

// date tells a moment: in Chinese and Japanese as lists do, where the names of
// months would be English.
func (t texts) date(at time.Time) string {
	if t.code == languages[0] {
		return at.Format("2 January 2006, 15:04")
	}
	return at.Format(dayAndTime)
}

// has reports whether there is a text for key.
func (t texts) has(key string) bool { return t.in.Has(key) }

// catalogues has the texts of all languages.
var catalogues = sync.OnceValue(func() catalogue.Catalogue { return catalogue.Load(textFiles, "tui") })

// speak gives the texts of the first of the languages that the app speaks;
// each may be a code, or a locale such as zh_CN.UTF-8.
func speak(wanted ...string) texts {
	t := catalogues().Speak(wanted...)
	return texts{t.Code, t}
}

// Language is the code of the language that the environment asks for.
func Language() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := os.Getenv(name); locale != "" {
			return speak(locale).code
		}
	}
	return languages[0]
}
