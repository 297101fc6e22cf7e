package tui

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
)

// entry is the text field of home and login: a link or path goes in, then it
// waits, and then there is an error, or the root shows the next screen.
type entry struct {
	app   *app
	input textinput.Model
	hint  string // key of what stands in the empty field, or that itself
	of    purpose

	try     *try // nil unless it waits
	err     error
	remark  remark   // what just happened
	auto    string   // name of the picture that is looked at because it came into the watched folder
	options []string // what the path may be that was begun
}

var (
	keyEnter = on("enter", "enter")
	keyClear = on("esc", "esc")
	keyStop  = on("esc", "esc")
)

func newEntry(a *app, hint string, of purpose) entry {
	in := a.styles.input("")
	in.Cursor.SetMode(cursor.CursorStatic)
	in.Focus()
	return entry{app: a, input: in, hint: hint, of: of}
}

// submit starts with what is in the field.
func (e *entry) submit() tea.Cmd {
	text := strings.TrimSpace(e.input.Value())
	if text == "" || e.try != nil {
		return nil
	}
	return e.look(inText(text))
}

// look uses the links of what is looked at at once.
func (e *entry) look(find finder) tea.Cmd { return e.find(e.app.texts.get(e.of.what), find) }

// wait begins something that is waited for.
func (e *entry) wait(what string, begin func(*try) tea.Cmd) tea.Cmd {
	e.err, e.options, e.remark, e.auto = nil, nil, remark{}, ""
	e.try = newTry(e.app, what)
	return begin(e.try)
}

func (e *entry) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		switch {
		case e.try != nil:
			if key.Matches(msg, keyStop) {
				e.leave()
			}
			return nil
		case key.Matches(msg, keyEnter):
			return e.submit()
		case key.Matches(msg, keyClear):
			e.input.SetValue("")
			e.err, e.options = nil, nil
			return nil
		case msg.Type == tea.KeyTab:
			if e.input.Value() == "" {
				return nil
			}
			return complete(e.app, e.input.Value())
		}
		e.options = nil
		var cmd tea.Cmd
		e.input, cmd = e.input.Update(msg)
		return cmd
	case sizeMsg:
		e.input.Width = msg.width - 5 // the border, a space on both sides, and the cursor after the last letter
		e.input.SetCursor(e.input.Position())
	case spinner.TickMsg:
		return e.try.turn(msg)
	case failedMsg:
		if msg.try == e.try {
			e.leave()
			if !errors.Is(msg.err, context.Canceled) && !e.unasked(msg) {
				e.err = msg.err
			}
		}
	case completedMsg:
		if e.try == nil && msg.prefix == e.input.Value() {
			e.completed(msg)
		}
	case pastedMsg:
		if msg.try == e.try {
			e.leave()
			e.input.SetValue(msg.text)
			e.input.CursorEnd()
			if msg.waits {
				e.remark = remark{text: e.app.texts.get("login.found", e.auto)}
				return nil
			}
			return e.submit()
		}
	case severalMsg:
		if msg.try == e.try {
			return send(screenMsg{open: func() screen { return newChoice(e.app, e.of, msg.links) }})
		}
	case foundMsg:
		if msg.try == e.try {
			return send(askedMsg{msg.ask})
		}
	case joinedMsg:
		if msg.try == e.try {
			return send(enrolledMsg{msg.account})
		}
	default: // the field's own: a paste from the system's clipboard
		var cmd tea.Cmd
		e.input, cmd = e.input.Update(msg)
		return cmd
	}
	return nil
}

// completed goes on with a path as far as there is one way, and shows the ways
// that there are then.
func (e *entry) completed(msg completedMsg) {
	if len(msg.options) == 0 {
		return
	}
	common := msg.options[0]
	for _, option := range msg.options[1:] {
		for !strings.HasPrefix(option, common) {
			_, last := utf8.DecodeLastRuneInString(common)
			common = common[:len(common)-last]
		}
	}
	if len(common) > len(msg.prefix) {
		e.input.SetValue(common)
		e.input.CursorEnd()
	}
	if e.options = nil; len(msg.options) > 1 {
		e.options = msg.options
	}
}

// optionLines are the names that a path may end with, as many as fit.
func (e *entry) optionLines(width int) []string {
	const most = 3 // lines
	var names []string
	for _, option := range e.options {
		folder := strings.HasSuffix(option, string(filepath.Separator))
		name := client.Clean(filepath.Base(option))
		if folder {
			name += string(filepath.Separator)
		}
		names = append(names, name)
	}
	lines := wrap(strings.Join(names, "   "), width-2)
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], fit(lines[most-1], width-4)+" …")
	}
	for i, line := range lines {
		lines[i] = "  " + e.app.styles.muted.Render(strings.TrimSpace(line))
	}
	return lines
}

func (e *entry) typing() bool { return e.try != nil || e.input.Value() != "" }

func (e *entry) leave() {
	e.try.stop()
	e.try = nil
}

// view is the field, and below it the wait, the error or the remark.
func (e *entry) view(width int) []string {
	s := e.app.styles
	e.input.Placeholder = e.app.texts.get(e.hint)
	lines := strings.Split(s.field.Width(width-2).Padding(0, 1).Render(e.input.View()), "\n")
	switch {
	case e.try != nil:
		lines = append(lines, e.try.line(e.app, width))
	case e.err != nil:
		for i, line := range wrap(e.app.sentenceAbout(e.of.about, e.err), width-2) {
			lines = append(lines, s.bad.Render(mark("!", i))+" "+line)
		}
	case len(e.options) > 0:
		lines = append(lines, e.optionLines(width)...)
	}
	return append(lines, e.remark.lines(s, width)...)
}

func (e *entry) keys() []key.Binding {
	t := e.app.texts
	look := t.told(keyEnter, e.of.enter)
	switch {
	case e.try != nil:
		return []key.Binding{t.told(keyStop, "key.stop")}
	case e.input.Value() != "":
		return []key.Binding{look, t.told(keyClear, "key.empty"), bind(t.get("scan.complete"), "tab", "tab")}
	}
	return []key.Binding{look}
}

// mark stands before the first line of a text, and a blank before the others.
func mark(m string, line int) string {
	if line == 0 {
		return m
	}
	return repeat(" ", cells(m))
}
