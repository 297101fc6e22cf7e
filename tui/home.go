package tui

import (
	"errors"
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
)

// home is where a code goes in, and where the server's notices stand until
// they are seen.
type home struct {
	app    *app
	entry  entry
	link   string // to be looked at right away
	first  finder // the same, of what is no text; nil for none
	why    asking // for the first question who we are
	seeing string // id of the notice that is being marked as seen, empty before
	focus  int    // the place of the menu with the cursor, from 1; 0 is the field
	size   sizeMsg
}

// The keys that are no letters work while a text is typed, too.
var (
	keySeen    = on("f2", "f2")
	keyPasskey = on("f3", "f3")
)

func newHome(a *app, r remark, link string) *home {
	h := &home{app: a, link: link, entry: newEntry(a, "home.hint", requests(a))}
	h.entry.remark = r
	h.entry.input.SetValue(link)
	return h
}

func (h *home) init() tea.Cmd {
	cmds := []tea.Cmd{whoAmI(h.app, h.why)}
	if h.app.aside.waits(h.app) {
		cmds = append(cmds, tick(h.app, h))
	}
	if h.link != "" {
		cmds = append(cmds, h.entry.submit())
	}
	if h.first != nil {
		cmds = append(cmds, h.entry.look(h.first))
	}
	return tea.Batch(cmds...)
}

func (h *home) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case remarkMsg:
		h.entry.remark = msg.remark
		return nil
	case sizeMsg:
		h.size = msg
	case meMsg:
		if h.entry.remark.offline {
			h.entry.remark = remark{} // it is back
		}
		return nil
	case seenMsg:
		h.marked(msg)
		return nil
	case watchedMsg:
		return h.entry.watched(msg, h.focus > 0)
	case digitMsg:
		if msg.of == h && h.entry.try == nil && h.entry.input.Value() == string(msg.key.Runes) {
			h.entry.input.SetValue("")
			return jump(h.app, msg.key)
		}
		return nil
	case tickMsg:
		if msg.of == h && h.app.aside.waits(h.app) {
			return tick(h.app, h)
		}
		return nil
	case clickMsg:
		if n := h.at(msg); n > 0 {
			return send(toPlace(h.app, n))
		}
		return nil
	case tea.KeyMsg:
		switch cmd, mine := h.entry.capture(msg); {
		case mine:
			h.focus = 0
			return cmd
		case key.Matches(msg, keySeen):
			return h.mark()
		case key.Matches(msg, keyLook):
			return h.lookAtRequest()
		case key.Matches(msg, keyReport):
			return h.reportRequest()
		case key.Matches(msg, keyPasskey) && !h.typing():
			return send(passkeyMsg{})
		case !h.typing() && isPlace(msg):
			h.focus, h.entry.remark = 0, remark{}
			return tea.Batch(h.entry.update(msg), jumpSoon(h, msg))
		case h.focus == 0 && key.Matches(msg, enter) && !h.typing() && h.app.aside.waits(h.app):
			return h.app.aside.takeUp(h.app)
		case !h.typing() && h.steer(msg):
			return nil
		case h.focus > 0 && key.Matches(msg, enter) && !h.typing():
			return send(toPlace(h.app, h.focus))
		}
		h.focus = 0
		h.entry.remark = remark{} // read by now
	}
	return h.entry.update(msg)
}

// mark has the notice that is shown marked as seen; the others have not been.
func (h *home) mark() tea.Cmd {
	if len(h.app.notices) == 0 || h.seeing != "" {
		return nil
	}
	h.seeing = h.shown().ID
	return see(h.app, h.seeing)
}

func (h *home) marked(msg seenMsg) {
	if h.seeing != msg.id {
		return
	}
	h.seeing = ""
	if msg.err != nil {
		offline := errors.Is(msg.err, client.ErrUnreachable)
		h.entry.remark = remark{text: h.app.texts.get("notice.unseen", h.app.sentence(msg.err)), bad: true, offline: offline}
	}
}

// view puts a notice before everything else. Where the terminal is low the
// explanations give way first, and then the notice is told in fewer lines.
func (h *home) view(width, height int) []string {
	lines, _ := h.layout(width, height)
	return lines
}

// layout gives the lines, and which of them the menu begins with: -1 when there
// is no room for it.
func (h *home) layout(width, height int) (lines []string, menuAt int) {
	s, t := h.app.styles, h.app.texts
	asked := append(h.requestLines(width), h.asideLines(width)...) // first: they have little time
	if len(asked) > 0 {
		asked = append(asked, "")
		defer func() {
			lines = append(asked, lines...)
			if menuAt >= 0 {
				menuAt += len(asked)
			}
		}()
		height -= len(asked)
	}
	title := []string{s.title.Render(t.get("home.title")), ""}
	intro := append(wrap(t.get("home.how"), width), "")
	field := h.entry.view(width)
	lines = append(append(title, intro...), field...)
	if hints := h.entry.hintLines(width); len(lines)+len(hints)+1+len(h.menuLines(width)) < height {
		lines = append(lines, hints...)
	}
	if len(lines)+1+len(h.menuLines(width)) > height { // what leads on matters more than what explains
		lines = append(title, field...)
	}
	if len(h.app.notices) > 0 {
		full, short, line := h.noticeLines(width)
		for _, c := range [][2][]string{{full, lines}, {full, field}, {short, field}, {line, field}} {
			lines = append(append(c[0][:len(c[0]):len(c[0])], ""), c[1]...)
			if len(lines) <= height {
				break
			}
		}
	}
	if places := h.menuLines(width); height-len(lines) > len(places) {
		return append(append(lines, ""), places...), len(lines) + 1
	}
	return lines, -1
}

func (h *home) keys() []key.Binding {
	t, keys := h.app.texts, h.entry.keys()
	if !h.typing() {
		keys = append(keys, bind(t.get("key.jump"), "1-"+strconv.Itoa(len(places)), "1"), t.told(keyPasskey, "key.passkey"))
		keys = append(keys, h.entry.captureKeys()...)
	}
	if h.app.aside.waits(h.app) && !h.typing() && h.focus == 0 {
		keys = append([]key.Binding{h.app.texts.told(keyEnter, "aside.take_up")}, keys[1:]...)
	}
	if _, ok := h.app.requested(); ok {
		if !h.typing() && !h.app.aside.waits(h.app) {
			keys = keys[1:] // enter looks at nothing, and f4 says the same
		}
		keys = append([]key.Binding{t.told(keyLook, "requests.look"), t.told(keyReport, "requests.report")}, keys...)
	}
	if len(h.app.notices) == 0 {
		return keys
	}
	seen := t.told(keySeen, "key.seen")
	if h.typing() {
		return append(keys, seen)
	}
	return append([]key.Binding{seen}, keys...)
}

func (h *home) typing() bool { return h.entry.typing() }
func (h *home) leave()       { h.entry.leave() }

func (r remark) lines(s styles, width int) []string {
	if r.text == "" {
		return nil
	}
	m := s.brand.Render("·")
	switch {
	case r.good:
		m = s.good.Render("✓")
	case r.bad:
		m = s.bad.Render("!")
	}
	lines := wrap(r.text, width-2)
	for i, line := range lines {
		lines[i] = mark(m, i) + " " + line
	}
	return lines
}
