package web

import (
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hamconnect/server/internal/activity"
)

func TestCataloguesHaveTheSameKeysAndPlaces(t *testing.T) {
	c, err := readCatalogues(nil)
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`\{\d\}`)
	for _, other := range c.texts[1:] {
		for key, text := range c.texts[0].messages {
			translated, ok := other.messages[key]
			if !ok {
				t.Errorf("%s: %s is missing", other.Lang, key)
				continue
			}
			a, b := places.FindAllString(text, -1), places.FindAllString(translated, -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s: %s has the places %v, want %v", other.Lang, key, b, a)
			}
		}
		for key := range other.messages {
			if _, ok := c.texts[0].messages[key]; !ok {
				t.Errorf("%s: %s is in no other language", other.Lang, key)
			}
		}
	}
}

func TestEveryTextIsUsedAndEveryUseHasAText(t *testing.T) {
	c, err := readCatalogues(nil)
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile(`(?:Get|sentence)\(? ?"([a-z0-9_.]+)"`)
	used := map[string]bool{}
	read := func(fsys fs.FS, pattern string) {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllSubmatch(content, -1) {
				used[string(m[1])] = true
			}
		}
	}
	read(templateFiles, "templates/*.html")
	read(os.DirFS("."), "*.go")
	delete(used, "ui_locales") // of a query
	maps.DeleteFunc(used, func(key string, _ bool) bool {
		return strings.HasSuffix(key, ".") // completed at run time; see below
	})
	for _, p := range knownProblems {
		used[p.Title], used[p.Text], used[p.Advice] = true, true, true
	}
	for _, kind := range []LinkKind{PairLink, EnrollLink} {
		for _, part := range []string{"title", "text", "warning"} {
			used["applink."+string(kind)+"."+part] = true
		}
	}
	for _, always := range []string{"id", "id_reveals", "username", "username_reveals"} {
		used["signin.always."+always] = true
	}
	for _, value := range []string{"nickname", "picture", "student", "email", "username"} {
		used["consent.value."+value] = true
	}
	for _, method := range []string{"app", "passkey", "phone", "recovery"} {
		used["account.method."+method] = true
	}
	for _, method := range []string{"app", "phone", "passkey", "recovery", "consent", "silent", "link", "password"} {
		used["activity.method."+method] = true
	}
	for _, kind := range activity.Kinds {
		used["activity."+string(kind)] = true
	}
	for _, form := range []string{"devices_connect", "devices_remove", "passkeys_remove", "recovery", "export", "leave"} {
		for _, part := range []string{"title", "text", "go"} {
			used["ask."+form+"."+part] = true
		}
	}
	for key := range c.texts[0].messages {
		if !used[key] && !strings.HasPrefix(key, "scope.") && !strings.HasPrefix(key, "passkey.error.") && !strings.HasPrefix(key, "hamweb.refused.") {
			t.Errorf("nothing uses %s", key)
		}
	}
	for key := range used {
		if !c.texts[0].Has(key) {
			t.Errorf("there is no text for %s", key)
		}
	}
}

// knownProblems are all that problem.go declares.
var knownProblems = []Problem{
	UnknownApp, WrongRedirect, WrongRequest, NothingShown, Gone, NoCookies, WrongOrigin, SignedOut, LastWayIn, BadName, BadPicture, LinkOver, Cancelled, Answered,
	Disabled, Removed, Altered, NotFound, NotAllowed, TooMany, Failed,
}

// noRawKeys fails the test if the page shows a key instead of its text.
func noRawKeys(t *testing.T, p *Pages, page *node) {
	t.Helper()
	shown := page.text
	page.walk(func(n *node, _ bool) {
		shown += " " + n.attr["aria-label"] + " " + n.attr["data-done"] + " " + n.attr["alt"]
	})
	words := strings.Fields(shown)
	for key := range maps.Keys(p.catalogues.texts[0].messages) {
		if strings.Contains(key, ".") && slices.Contains(words, key) {
			t.Errorf("the page shows the key %s", key)
		}
	}
	for _, left := range []string{"{0}", "{1}", "%!", "<no value>"} {
		if strings.Contains(shown, left) {
			t.Errorf("the page shows %s", left)
		}
	}
}

func TestLanguageIsChosen(t *testing.T) {
	p := newPages(t)
	for _, test := range []struct{ name, locales, accept, want string }{
		{"nothing is said", "", "", "en"},
		{"Chinese as in Beijing", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"},
		{"Chinese as in Taipei", "", "zh-TW", "zh-Hans"},
		{"Japanese", "", "ja-JP", "ja"},
		{"an unknown language before a known one", "", "tlh, ja;q=0.5", "ja"},
		{"only an unknown language", "", "tlh", "en"},
		{"the app's wish comes first", "ja zh", "en", "ja"},
		{"a wish that cannot be met", "tlh", "zh", "zh-Hans"},
		{"nonsense", "\x00 ---", ";;;q=", "en"},
		{"an endless list", strings.Repeat("ja ", 5000), "zh", "zh-Hans"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/?ui_locales="+url.QueryEscape(test.locales), nil)
			r.Header.Set("Accept-Language", test.accept)
			if got := p.Texts(r).Lang; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestPlainPageKeepsTheLanguageThatTheAppWished(t *testing.T) {
	page := sample("waiting")
	page.Plain, page.Query = true, "client_id=abc&ui_locales=ja"
	if _, doc := signIn(t, newPages(t), "en", page); doc.all("html")[0].attr["lang"] != "ja" {
		t.Error("the page is not in Japanese")
	}
}

func TestTextsPutArgumentsInOnce(t *testing.T) {
	texts := Texts{messages: map[string]string{"k": "{0} and {1}"}}
	if got := texts.Get("k", "{1}", "b"); got != "{1} and b" {
		t.Errorf("got %q", got)
	}
	if got := texts.Get("no such key"); got != "no such key" {
		t.Errorf("got %q", got)
	}
}

func TestEveryTextFileIsALanguage(t *testing.T) {
	files, err := filepath.Glob("text/*.toml")
	if err != nil || len(files) != len(languages) {
		t.Errorf("there are %d files for %d languages", len(files), len(languages))
	}
}
