package tui

import (
	"strconv"

	"github.com/charmbracelet/bubbles/key"
)

func (p *profile) keys() []key.Binding {
	t := p.app.texts
	if p.try != nil {
		return []key.Binding{t.told(keyStop, "key.stop")}
	}
	if p.focus == onNothing {
		return []key.Binding{
			bind(t.get("profile.change"), "enter", "enter", "tab", "down"), bind(t.get("key.back"), "esc", "esc"),
			bind(t.get("key.jump"), "0-"+strconv.Itoa(len(places)), "0"),
		}
	}
	return []key.Binding{
		bind(t.get("key.save"), "enter", "enter"), bind(t.get("key.back"), "esc", "esc"),
		bind(t.get("key.next"), "tab", "tab", "down"), bind(t.get("profile.turn"), "←/→", "left", "right"),
	}
}

// column is how wide the names of the fields are.
func (p *profile) column() int {
	widest := 0
	for _, name := range []string{"nickname", "language", "picture", "student"} {
		widest = max(widest, cells(p.app.texts.get("profile."+name)))
	}
	return widest + 2
}

// pictureCols is how wide the picture is drawn, in cells.
const pictureCols = 16

func (p *profile) view(width, height int) []string {
	s, t, column := p.app.styles, p.app.texts, p.column()
	line := func(focus int, name, text string) string {
		pointer := "  "
		if p.focus == focus {
			pointer = s.brand.Render("▸ ")
		}
		return pointer + s.muted.Render(t.get("profile."+name)) + repeat(" ", column-cells(t.get("profile."+name))) + text
	}
	language := t.get("profile.as_browser")
	if code := profileLanguages[p.language]; code != "" {
		language = t.get("language." + code)
	}
	if p.focus == onLanguage {
		language = s.key.Render("‹ ") + language + s.key.Render(" ›")
	}
	student := t.get("profile.no")
	if p.app.account.me.IsStudent {
		student = t.get("profile.yes")
	}
	lines := []string{
		s.title.Render(t.get("profile.title")), "",
		line(onNickname, "nickname", p.nickname.View()),
		line(onLanguage, "language", language),
		line(onPicture, "picture", p.picture.View()),
		line(lastField, "student", student),
	}
	if p.try != nil {
		lines = append(lines, "", p.try.line(p.app, width))
	} else if p.remark.text != "" {
		lines = append(append(lines, ""), p.remark.lines(s, width)...)
	}
	if p.now != nil && len(lines)+1+pictureCols/2 <= height {
		lines = append(lines, "")
		for _, drawn := range s.halfBlocks(p.now, pictureCols) {
			lines = append(lines, repeat(" ", column+2)+drawn)
		}
	}
	for i, l := range lines {
		lines[i] = fit(l, width)
	}
	return lines
}
