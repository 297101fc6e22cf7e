package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestLinesAreBrokenWhereTheLanguageAllowsIt(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		width int
		want  []string
	}{
		"English at blanks":                         {"one two three", 8, []string{"one two", "three"}},
		"nothing":                                   {"", 8, []string{""}},
		"Chinese between letters":                   {"欢迎使用应用", 6, []string{"欢迎使", "用应用"}},
		"no full stop begins a line":                {"欢迎使用。请", 8, []string{"欢迎使", "用。请"}},
		"no opening bracket ends a line":            {"按下（是）吧", 6, []string{"按下", "（是）", "吧"}},
		"no small kana begins a line":               {"チャットメッセージ", 8, []string{"チャット", "メッセー", "ジ"}},
		"a long vowel stays with its letter":        {"サーバー", 6, []string{"サー", "バー"}},
		"a Latin word stays whole":                  {"此设备运行 ham logout 退出", 14, []string{"此设备运行 ham", "logout 退出"}},
		"a Latin word beside wide letters":          {"请打开https://ham.example吧", 20, []string{"请打开", "https://ham.example", "吧"}},
		"what is too long is broken all the same":   {"见 https://ham.example/account", 10, []string{"见", "https://ha", "m.example/", "account"}},
		"ASCII marks do not begin a line":           {"パス: 画像", 4, []string{"パ", "ス:", "画像"}},
		"blanks at the end are left away":           {"中文 中文", 4, []string{"中文", "中文"}},
		"line breaks stay":                          {"中文\n文", 8, []string{"中文", "文"}},
		"only what may not begin a line":            {"。。。。", 4, []string{"。。", "。。"}},
		"a letter that is wider than the line":      {"中文", 1, []string{"中", "文"}},
		"what is one letter for people stays whole": {"👩‍🔬👩‍🔬", 3, []string{"👩‍🔬", "👩‍🔬"}},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, c.width)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("请打开 https://ham.example，并移除你不认识的内容。", 12)
	f.Add("「サーバー」 へ-ようこそ", 7)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 2 + (width%80+80)%80
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > 0x7e && r < 0x3000 || r > 0xffdc }) {
			t.Skip()
		}
		lines := wrap(text, width)
		for _, line := range lines {
			if cells(line) > width {
				t.Errorf("%q is %d wide, not %d", line, cells(line), width)
			}
		}
		all := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if all(strings.Join(lines, "")) != all(text) {
			t.Errorf("%q became %q", text, lines)
		}
	})
}
