package web

import (
	"regexp"
	"strings"
	"testing"
)

// Texts are put into the templates as HTML, before html/template sees them: it
// no longer looks where they stand. So none may stand where other rules hold
// than in text and between quotation marks.
func TestTextsStandWhereTheyAreEscapedFor(t *testing.T) {
	const mark = "\x01"
	var (
		action    = regexp.MustCompile(`(?s){{.*?}}`)
		quoted    = regexp.MustCompile(`[\s]([a-z-]+)="[^"]*$`)
		plain     = regexp.MustCompile(`^(aria-label|alt|title|placeholder|data-[a-z-]+)$`)
		address   = regexp.MustCompile(`^(href|src)$`)
		rawOpens  = regexp.MustCompile(`<(script|style|textarea|iframe|noembed|xmp|plaintext)\b`)
		rawCloses = regexp.MustCompile(`</(script|style|textarea|iframe|noembed|xmp|plaintext)>`)
	)
	where := func(before string) (attribute string, ok bool) {
		tag := strings.LastIndexByte(before, '<')
		if tag < strings.LastIndexByte(before, '>') {
			return "", len(rawOpens.FindAllString(before, -1)) == len(rawCloses.FindAllString(before, -1)) && !strings.Contains(before, "<!--")
		}
		found := quoted.FindStringSubmatch(before[tag:])
		if found == nil || strings.Count(before[tag:], `"`)%2 == 0 || strings.ContainsRune(before[tag:], '\'') {
			return "", false
		}
		return found[1], true
	}
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	for _, file := range files {
		source, err := templateFiles.ReadFile("templates/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range constant.FindAllStringSubmatchIndex(string(source), -1) {
			constants++
			found := string(source[at[0]:at[1]])
			before := action.ReplaceAllString(string(source[:at[0]]), mark)
			attribute, ok := where(before)
			allowed := plain
			if strings.Contains(found, "asset") {
				allowed = address
			}
			if !ok || attribute != "" && !allowed.MatchString(attribute) || attribute == "" && allowed == address {
				t.Errorf("%s: %s stands in %q", file.Name(), found, before[max(0, len(before)-60):])
			}
		}
	}
	if constants < 100 {
		t.Errorf("only %d are found", constants)
	}
	for _, bad := range []string{
		`<script>var x = `, `<script>var x = "`, `<style>a { content: "`, `<a href=`, `<a href='`, `<p `, `<!-- `, `<textarea>`, `<p data-x="a" `, `<p title="a"`,
	} {
		if _, ok := where(bad); ok {
			t.Errorf("a text might stand after %s", bad)
		}
	}
	for _, texts := range newPages(t).catalogues.texts {
		for key, text := range texts.messages {
			if strings.Contains(text, "{{") || strings.ContainsAny(text, "\x00\u2028\u2029") {
				t.Errorf("%s, %s: a text that a template would take for something else", texts.Lang, key)
			}
		}
	}
}
