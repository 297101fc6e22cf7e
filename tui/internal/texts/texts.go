// Package texts holds what the Ham app says, in each of its languages: a TOML
// file per language, of tables whose keys are the same in all of them.
package texts

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Languages that the app speaks, by their codes. The first is the one for who
// speaks none of them.
var Languages = []string{"en", "zh", "ja"}

// Texts are those of one language, by table and key: "menu.apps".
type Texts struct {
	Code     string
	messages map[string]string
}

// Get gives the text for key, with {0}, {1}, … replaced by args, and {0|one|more}
// by one of its words, as that number of things is called. A key that there is
// no text for comes back as it is.
func (t Texts) Get(key string, args ...any) string {
	text, ok := t.messages[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	text = counted.ReplaceAllStringFunc(text, func(found string) string {
		m := counted.FindStringSubmatch(found)
		if n, _ := strconv.Atoi(m[1]); n < len(args) && args[n] == 1 {
			return m[2]
		}
		return m[3]
	})
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", fmt.Sprint(arg))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// counted is a word that depends on a number.
var counted = regexp.MustCompile(`\{(\d)\|([^|}]*)\|([^}]*)\}`)

// Has reports whether there is a text for key.
func (t Texts) Has(key string) bool {
	_, ok := t.messages[key]
	return ok
}

// Keys gives all keys, in no order.
func (t Texts) Keys() (keys []string) {
	for key := range t.messages {
		keys = append(keys, key)
	}
	return keys
}

// Catalogue has the texts of all languages, by code.
type Catalogue map[string]Texts

// Load reads text/CODE.toml of files for each language. The files are the
// program's own, and tested: it panics over one that cannot be read. name says
// whose they are.
func Load(files fs.FS, name string) Catalogue {
	all := Catalogue{}
	for _, code := range Languages {
		var tree map[string]map[string]string
		if _, err := toml.DecodeFS(files, "text/"+code+".toml", &tree); err != nil {
			panic(fmt.Sprintf("%s: the texts in %s: %v", name, code, err))
		}
		t := Texts{code, map[string]string{}}
		for table, messages := range tree {
			for key, text := range messages {
				t.messages[table+"."+key] = text
			}
		}
		all[code] = t
	}
	return all
}

// Speak gives the texts of the first of the languages that the app speaks;
// each may be a code, or a locale such as zh_CN.UTF-8.
func (c Catalogue) Speak(wanted ...string) Texts {
	for _, locale := range wanted {
		code, _, _ := strings.Cut(strings.ToLower(locale), "_")
		code, _, _ = strings.Cut(code, "-")
		if t, ok := c[code]; ok {
			return t
		}
	}
	return c[Languages[0]]
}

// Gaps tells where a language lacks a text of the first one, has one more, or
// fills in something else. There are none: the tests of whose texts they are ask.
func (c Catalogue) Gaps() (gaps []string) {
	first := c[Languages[0]]
	for _, code := range Languages[1:] {
		for key, text := range first.messages {
			other := c[code].messages[key]
			if other == "" {
				gaps = append(gaps, fmt.Sprintf("%s has no text %s", code, key))
			}
			for i := range 10 {
				slot := fmt.Sprintf("{%d}", i)
				if strings.Contains(text, slot) != strings.Contains(other, slot) {
					gaps = append(gaps, fmt.Sprintf("%s: %s fills in %s where %s does not, or the other way", code, key, slot, Languages[0]))
				}
			}
		}
		for key := range c[code].messages {
			if !first.Has(key) {
				gaps = append(gaps, fmt.Sprintf("%s has a text %s more", code, key))
			}
		}
	}
	return gaps
}
