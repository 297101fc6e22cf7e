package tui

import (
	"embed"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed text/*.toml
var textFiles embed.FS

// languages that the app speaks, by their codes. The first is the one for who
// speaks none of them.
var languages = []string{"en", "zh", "ja"}

// texts are the app's texts in one language, by key.
type texts struct {
	code     string
	messages map[string]string
}

// get gives the text for key, with {0}, {1}, … replaced by args. A key that
// there is no text for comes back as it is.
func (t texts) get(key string, args ...any) string {
	text, ok := t.messages[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", fmt.Sprint(arg))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// has reports whether there is a text for key.
func (t texts) has(key string) bool {
	_, ok := t.messages[key]
	return ok
}

// catalogues has the texts of all languages.
var catalogues = sync.OnceValue(func() map[string]texts {
	all := map[string]texts{}
	for _, code := range languages {
		var tree map[string]map[string]string
		if _, err := toml.DecodeFS(textFiles, "text/"+code+".toml", &tree); err != nil {
			panic(fmt.Sprintf("tui: the texts in %s: %v", code, err)) // our own, and tested
		}
		t := texts{code, map[string]string{}}
		for table, messages := range tree {
			for key, text := range messages {
				t.messages[table+"."+key] = text
			}
		}
		all[code] = t
	}
	return all
})

// speak gives the texts of the first of the languages that the app speaks;
// each may be a code, or a locale such as zh_CN.UTF-8.
func speak(wanted ...string) texts {
	for _, locale := range wanted {
		code, _, _ := strings.Cut(strings.ToLower(locale), "_")
		code, _, _ = strings.Cut(code, "-")
		if t, ok := catalogues()[code]; ok {
			return t
		}
	}
	return catalogues()[languages[0]]
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
