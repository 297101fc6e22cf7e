package web

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"
)

//go:embed text/*.toml
var textFiles embed.FS

// languages are those that there is a catalogue for. The first is the one that
// a visitor with none of them gets.
var languages = []struct {
	file string
	tag  language.Tag
	html string // for the lang attribute: browsers pick the font by it
}{
	{"en", language.English, "en"},
	{"zh", language.SimplifiedChinese, "zh-Hans"},
	{"ja", language.Japanese, "ja"},
}

// Texts are the texts in one language. The zero value knows none.
type Texts struct {
	Lang     string // for the lang attribute: en, zh-Hans, ja
	messages map[string]string
	custom   func(scope string) (ScopeTexts, bool)
}

// ScopeTexts are what people are told about a scope that the operator has
// defined, by Texts.Lang.
type ScopeTexts map[string]string

// Get gives the text for key, with {0}, {1}, … replaced by args. A key that
// there is no text for comes back as it is.
func (t Texts) Get(key string, args ...string) string {
	text, ok := t.messages[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", arg)
	}
	// One pass: what an argument says is not looked at again.
	return strings.NewReplacer(pairs...).Replace(text)
}

func (t Texts) language() string { return t.Lang }

// Has reports whether there is a text for key.
func (t Texts) Has(key string) bool {
	_, ok := t.messages[key]
	return ok
}

// catalogues are all Texts, in the order of languages.
type catalogues struct {
	texts   []Texts
	matcher language.Matcher
}

func readCatalogues(custom func(scope string) (ScopeTexts, bool)) (catalogues, error) {
	var c catalogues
	var tags []language.Tag
	for _, l := range languages {
		name := "text/" + l.file + ".toml"
		var tree map[string]any
		if _, err := toml.DecodeFS(textFiles, name, &tree); err != nil {
			return c, fmt.Errorf("reading %s: %w", name, err)
		}
		messages := map[string]string{}
		if err := flatten(messages, "", tree); err != nil {
			return c, fmt.Errorf("reading %s: %w", name, err)
		}
		c.texts = append(c.texts, Texts{Lang: l.html, messages: messages, custom: custom})
		tags = append(tags, l.tag)
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// flatten turns tables into dotted keys.
func flatten(into map[string]string, prefix string, tree map[string]any) error {
	for name, value := range tree {
		switch value := value.(type) {
		case string:
			into[prefix+name] = value
		case map[string]any:
			if err := flatten(into, prefix+name+".", value); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s%s is no text", prefix, name)
		}
	}
	return nil
}

// choose reads ui_locales (OpenID Connect Core §3.1.2.1) from the query, then
// the person's setting, which may be empty, and then Accept-Language. What none
// of them can be matched to is English.
func (c catalogues) choose(query url.Values, setting string, header http.Header) Texts {
	var wanted []language.Tag
	locales := query.Get("ui_locales")
	if len(locales) <= 200 { // more than any honest list, less than costs us
		for _, name := range strings.Fields(locales) {
			if tag, err := language.Parse(name); err == nil {
				wanted = append(wanted, tag)
			}
		}
	}
	if tag, err := language.Parse(setting); err == nil {
		wanted = append(wanted, tag)
	}
	if accepted, _, err := language.ParseAcceptLanguage(header.Get("Accept-Language")); err == nil {
		wanted = append(wanted, accepted...)
	}
	_, i, _ := c.matcher.Match(wanted...)
	return c.texts[i]
}
