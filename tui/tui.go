package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
)

// Options say what the app starts with.
type Options struct {
	Account *client.Account // nil shows the sign-in with an enrol link first
	Client  client.Options  // for that sign-in
	Link    string          // looked at right away if not empty; a link or a picture's path
	Camera  string          // as capture.Open takes it; the first there is if empty
	Watch   string          // a folder whose new pictures are looked at, if not empty
	Note    string          // what else the person should know, on the first screen

	Language string // en, zh or ja, unless the person has chosen one on the server

	Input  io.Reader        // os.Stdin if nil
	Output io.Writer        // os.Stdout if nil
	Now    func() time.Time // time.Now if nil
}

// Run shows the app until the person leaves it or ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.Input == nil {
		o.Input = os.Stdin
	}
	if o.Output == nil {
		o.Output = os.Stdout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what the screens left running
	renderer := lipgloss.NewRenderer(o.Output)
	renderer.SetHasDarkBackground(isDark(o.Input, o.Output))
	a := &app{
		ctx: ctx, now: o.Now, styles: newStyles(renderer), texts: speak(o.Language), local: o.Language,
		open: OpenBrowser, sources: newSources(o.Camera),
		keep: folder{o.Client},
		enroll: func(ctx context.Context, text string, add bool) (*account, error) {
			// Without an account, or with one that the server has removed,
			// nothing that still works is replaced.
			o.Client.Add, o.Client.Replace = add, !add
			return enroll(ctx, text, o.Client)
		},
	}
	if o.Account != nil {
		a.account = newAccount(o.Account)
	}
	a.listen = &listener{ctx: ctx}
	input, output := o.Input, o.Output
	if t := newTerminal(o.Input, o.Output); t != nil {
		input, output, a.sources.clipboard = t.in, t.out, t.clipboard
	}
	program := tea.NewProgram(newRoot(a, o.Link, o.Note),
		tea.WithInput(input), tea.WithOutput(output),
		tea.WithAltScreen(), tea.WithMouseCellMotion(), tea.WithoutSignalHandler())
	a.listen.send = program.Send
	if o.Watch != "" {
		go watchFolder(ctx, o.Watch, program.Send)
	}
	// Not tea.WithContext: that closes the input while it is being read.
	defer context.AfterFunc(ctx, program.Quit)()
	_, err := program.Run()
	if l := a.later; l != nil { // what waited is done, however the app was left
		if failed := l.do(ctx); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s %s: %w", l.act.name, l.row.name, failed))
		}
	}
	return err
}

// app is what all screens share. It changes in root.Update only.
type app struct {
	ctx          context.Context // ends with the program
	account      *account        // nil before the sign-in
	now          func() time.Time
	notices      []pairing.Notice // not seen yet, latest first
	seen         int              // notices that were marked as seen
	keep         keeper
	offline      bool      // the connection for news is not there
	requestUntil time.Time // when the latest request of a browser runs out
	later        *later    // an act that waits, nil for none
	listen       *listener // nil in tests
	texts        texts
	local        string // the language of the environment
	styles       styles
	sources      sources
	open         func(url string) error
	enroll       func(ctx context.Context, text string, add bool) (*account, error)
}

// screen is one full screen of the app.
type screen interface {
	init() tea.Cmd
	update(msg tea.Msg) tea.Cmd
	view(width, height int) []string // at most height lines of at most width cells
	keys() []key.Binding             // the help, most important first
	typing() bool                    // a text is being typed, so "?" belongs to it
	leave()                          // ends what the screen has running
}

// root is the model of the program.
type root struct {
	app           *app
	screen        screen
	width, height int
	help          bool
	pressed       time.Time // when a key was pressed last
}

func newRoot(a *app, link, note string) *root {
	r := &root{app: a, pressed: a.now()}
	if a.account != nil && a.account.locked() {
		r.screen = newUnlock(a, "", link)
	} else if a.account == nil {
		r.screen = newLogin(a, "", link)
	} else {
		h := newHome(a, remark{text: note}, link)
		h.why = atStart
		r.screen = h
	}
	return r
}

func (r *root) Init() tea.Cmd {
	if r.app.account == nil || !r.app.account.locked() {
		r.app.listen.to(r.app.account)
	}
	return tea.Batch(r.screen.init(), watchIdle())
}

func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.width, r.height = msg.Width, msg.Height
		return r, r.screen.update(r.size())
	case idleMsg:
		return r, r.idle()
	case tea.KeyMsg:
		r.pressed = r.app.now()
		if len(msg.Runes) > 1 && !msg.Paste && !r.screen.typing() {
			return r, r.eachOf(msg)
		}
		switch {
		case key.Matches(msg, keyUndo) && r.app.later != nil && !msg.Paste && !r.screen.typing():
			return r, r.undo()
		case key.Matches(msg, keySuspend):
			return r, tea.Suspend
		case key.Matches(msg, keyQuit):
			r.screen.leave()
			return r, tea.Quit
		case r.help:
			r.help = false
			return r, nil
		case !msg.Paste && (key.Matches(msg, keyHelpF1) || key.Matches(msg, keyHelp) && !r.screen.typing()):
			r.help = true
			return r, nil
		}
	case tea.MouseMsg:
		return r, r.mouse(msg)
	case newsMsg:
		return r, r.news(msg)
	case lostMsg:
		if msg.of == r.app.account {
			r.app.offline = true
		}
		return r, nil
	case laterMsg:
		return r, r.postpone(msg)
	case dueMsg:
		return r, r.due(msg.later)
	case actedMsg:
		if msg.later {
			return r, r.told(msg)
		}
	case helpMsg:
		r.help = true
		return r, nil
	case screenMsg:
		shown := r.show(msg.open())
		if msg.remark.text == "" {
			return r, shown
		}
		return r, tea.Batch(shown, r.screen.update(remarkMsg{msg.remark}))
	case meMsg:
		return r, r.me(msg)
	case seenMsg:
		return r, r.seen(msg)
	case enrolledMsg:
		return r, r.become(msg.account, r.app.texts.get("login.done"))
	case usedMsg:
		if msg.err == nil {
			return r, r.become(msg.account, r.app.texts.get("accounts.used", msg.account.name, msg.account.host))
		}
	case homeMsg:
		return r, r.show(newHome(r.app, msg.remark, ""))
	case passkeyMsg:
		return r, r.show(newAddPasskey(r.app))
	case askedMsg:
		return r, r.show(newConsent(r.app, msg.ask))
	case resultMsg:
		return r, r.show(newResult(r.app, msg.outcome))
	}
	return r, r.screen.update(msg)
}

// become shows another account's home.
func (r *root) become(a *account, word string) tea.Cmd {
	r.app.account, r.app.notices, r.app.offline = a, nil, false
	if a.locked() {
		return r.show(newUnlock(r.app, "", ""))
	}
	r.app.listen.to(a)
	return r.show(newHome(r.app, remark{text: word, good: true}, ""))
}

// eachOf takes the letters that came at once, as over a slow line, for keys of
// their own.
func (r *root) eachOf(msg tea.KeyMsg) tea.Cmd {
	var cmds []tea.Cmd
	for _, letter := range msg.Runes {
		_, cmd := r.Update(tea.KeyMsg{Type: msg.Type, Runes: []rune{letter}, Alt: msg.Alt})
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}

func (r *root) show(s screen) tea.Cmd {
	r.screen.leave()
	r.screen = s
	return tea.Batch(s.update(r.size()), s.init())
}

// me takes in who the server says we are, and what is new; a device that it
// has removed has to enrol again. Without an answer what is known stays.
func (r *root) me(msg meMsg) tea.Cmd {
	_, atLogin := r.screen.(*login)
	switch {
	case msg.of != r.app.account || atLogin || r.app.account.locked():
		// It is about an account that is no longer the one here.
	case errors.Is(msg.err, client.ErrNotSignedIn):
		r.app.notices, r.app.later, r.app.offline = nil, nil, false
		r.app.listen.to(nil)
		return r.show(newLogin(r.app, r.app.texts.get("login.removed"), ""))
	case msg.err != nil:
		if msg.asked == atStart {
			offline := errors.Is(msg.err, client.ErrUnreachable)
			r.screen.update(remarkMsg{remark{text: r.app.sentence(msg.err), bad: true, offline: offline}})
		}
	case msg.seen != r.app.seen:
		// A notice was marked as seen meanwhile, and may still be in it.
		return whoAmI(r.app, msg.asked)
	default:
		r.app.account.name, r.app.notices, r.app.account.me = msg.name, msg.notices, msg.me
		r.app.texts = speak(msg.me.Language, r.app.local)
		return tea.Batch(r.app.watchRequests(), r.screen.update(msg))
	}
	return nil
}

// news has everything asked for again that may have changed.
func (r *root) news(msg newsMsg) tea.Cmd {
	if msg.of != r.app.account {
		return nil
	}
	r.app.offline = false
	return tea.Batch(whoAmI(r.app, byItself), r.screen.update(msg))
}

// told says what became of an act that had waited.
func (r *root) told(msg actedMsg) tea.Cmd {
	text := remark{text: msg.done(r.app.texts), good: true}
	if msg.err != nil {
		text = remark{text: r.app.texts.get("list.failed", msg.row.name, r.app.sentenceAbout(failures.ARow, msg.err)), bad: true}
	}
	return tea.Batch(r.screen.update(remarkMsg{text}), r.screen.update(newsMsg{of: r.app.account}))
}

// mouse hands clicks and the wheel to the screen, in the screen's own lines.
func (r *root) mouse(msg tea.MouseMsg) tea.Cmd {
	switch {
	case r.help:
		r.help = msg.Action != tea.MouseActionPress
	case msg.Button == tea.MouseButtonWheelUp:
		return r.screen.update(wheelMsg(-1))
	case msg.Button == tea.MouseButtonWheelDown:
		return r.screen.update(wheelMsg(1))
	case msg.Button == tea.MouseButtonLeft && msg.Action == tea.MouseActionPress:
		left, top, height := r.place()
		return r.screen.update(clickMsg{line: msg.Y - top, column: msg.X - left, width: r.contentWidth(), height: height})
	}
	return nil
}

// seen takes a notice away once the server knows that it was seen.
func (r *root) seen(msg seenMsg) tea.Cmd {
	switch {
	case msg.of != r.app.account:
		return nil
	case errors.Is(msg.err, client.ErrNotSignedIn):
		return r.me(meMsg{of: msg.of, err: msg.err})
	case msg.err == nil:
		r.app.seen++
		// A new list: views and messages may hold the one before.
		r.app.notices = slices.DeleteFunc(slices.Clone(r.app.notices), func(n pairing.Notice) bool { return n.ID == msg.id })
	}
	return r.screen.update(msg)
}

// The sizes of the layout, in cells and lines.
const (
	panelWidth          = 78
	minWidth, minHeight = 32, 10
)

// inPanel reports whether the terminal is so large that the app stands in a
// panel in the middle, where the eye need not travel.
func (r *root) inPanel() bool { return r.width >= panelWidth+14 && r.height >= 32 }

// contentWidth is how wide a line of a screen may be.
func (r *root) contentWidth() int {
	if r.inPanel() {
		return panelWidth - 6
	}
	return max(0, min(r.width-2, panelWidth)-2)
}

// size is what a screen has for its lines. In the panel it is what it may grow
// to.
func (r *root) size() sizeMsg {
	height := r.height
	if r.inPanel() {
		height -= 6
	}
	return sizeMsg{r.contentWidth(), height - around(height)}
}

// View lays out header, screen and help.
func (r *root) View() string {
	width := r.contentWidth()
	switch {
	case r.width == 0:
		return "" // the size is not known yet
	case r.width < minWidth || r.height < minHeight:
		return fit(r.app.texts.get("home.larger", minWidth, minHeight), r.width)
	}
	s := r.app.styles
	if !r.inPanel() {
		content := lipgloss.JoinVertical(lipgloss.Left, r.lines(width, r.height)...)
		return s.plain.PaddingLeft((r.width - width) / 2).Render(content)
	}
	height := r.panelHeight()
	content := lipgloss.JoinVertical(lipgloss.Left, r.lines(width, height)...)
	panel := s.panel.Width(panelWidth).Render(content)
	return lipgloss.Place(r.width, r.height, lipgloss.Center, lipgloss.Center, panel)
}

// panelHeight is how many lines stand in the panel.
func (r *root) panelHeight() int {
	most := r.height - 6
	natural := len(r.screen.view(r.contentWidth(), most-around(most)))
	return min(max(natural+around(most), 20), most)
}

// place is where the lines of the screen begin in the window, and how many
// there are at most.
func (r *root) place() (left, top, height int) {
	const header = 3
	if !r.inPanel() {
		return (r.width - r.contentWidth()) / 2, header, r.height - around(r.height)
	}
	panel := r.panelHeight()
	const border, padding = 1, 1
	return (r.width-panelWidth-2*border)/2 + border + 3, (r.height-panel-2*(border+padding))/2 + border + padding + header, panel - around(panel)
}

// around is how many lines a screen is not given: header, rule, blank line and
// help, and a blank line before the help where there is room for it.
func around(height int) int {
	if height < 22 {
		return 4
	}
	return 5
}

// lines are exactly height lines.
func (r *root) lines(width, height int) []string {
	s := r.app.styles
	lines := []string{r.header(width), s.faint.Render(repeat("─", width)), ""}
	var body []string
	if r.help {
		body = helpLines(r.app, r.screen.keys(), width)
	} else {
		body = r.screen.view(width, height-around(height))
	}
	body = body[:min(len(body), height-around(height))]
	lines = append(lines, body...)
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	if r.help {
		return append(lines, s.muted.Render(fit(r.app.texts.get("key.any"), width)))
	}
	if r.app.later != nil {
		return append(lines, r.app.later.line(r.app, width))
	}
	return append(lines, shortHelp(r.app, r.screen.keys(), width))
}

func (r *root) header(width int) string {
	s := r.app.styles
	name := s.brand.Render("Ham")
	if r.app.account == nil {
		return name
	}
	state := ""
	if r.app.offline {
		state = " ○ " + r.app.texts.get("state.offline")
	}
	who := fit(r.app.account.name+" · "+r.app.account.host, width-6-cells(state))
	return name + repeat(" ", width-3-cells(who)-cells(state)) + s.muted.Render(who) + s.warn.Render(state)
}
