package tui

import (
	"context"
	"errors"
	"image"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// profile shows who the person is to apps, and changes it.
type profile struct {
	app      *app
	nickname textinput.Model
	picture  textinput.Model // path of a new one
	language int             // place in profileLanguages
	focus    int             // nickname, language, picture; onNothing at first
	base     fields          // as they were when they were filled
	now      image.Image     // the picture as it is, nil for none
	looking  context.Context // of the download of it
	stop     context.CancelFunc
	try      *try // the changes on their way
	remark   remark
}

// profileLanguages are what can be chosen; the empty one is as browsers ask.
var profileLanguages = append([]string{""}, languages...)

// onNothing: what is typed goes nowhere before a field was chosen. Digits lead
// here, and what was meant for another screen must not become a nickname.
const onNothing = -1

const (
	onNickname = iota
	onLanguage
	onPicture
	lastField
)

// fields are what the person has typed.
type fields struct{ nickname, language, picture string }

func newProfile(a *app) screen {
	p := &profile{app: a, nickname: a.styles.input(""), picture: a.styles.input(a.texts.get("profile.hint_picture"))}
	p.looking, p.stop = context.WithCancel(a.ctx)
	p.nickname.CharLimit = 64
	for _, in := range []*textinput.Model{&p.nickname, &p.picture} {
		in.Cursor.SetMode(cursor.CursorStatic)
	}
	p.focus = onNothing
	p.fill()
	return p
}

// fill shows what the server knows.
func (p *profile) fill() {
	me := p.app.account.me
	p.nickname.SetValue(me.Nickname)
	p.language = max(0, slices.Index(profileLanguages, me.Language))
	p.picture.SetValue("")
	p.base = p.wanted()
}

func (p *profile) init() tea.Cmd { return p.look() }

func (p *profile) look() tea.Cmd {
	server, ctx := p.app.account, p.looking
	return func() tea.Msg {
		img, err := server.Picture(ctx)
		return pictureMsg{of: p, picture: img, err: err}
	}
}

func (p *profile) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return p.press(msg)
	case sizeMsg:
		for _, in := range []*textinput.Model{&p.nickname, &p.picture} {
			in.Width = max(8, msg.width-5-p.column())
			in.SetCursor(in.Position())
		}
	case spinner.TickMsg:
		return p.try.turn(msg)
	case newsMsg:
		return p.look()
	case meMsg:
		if p.remark.offline {
			p.remark = remark{} // it is back
		}
		if !p.changed() {
			p.fill()
		}
	case pictureMsg:
		if msg.of == p && msg.err == nil { // without it the screen says all that it said before
			p.now = msg.picture
		}
	case promptedMsg:
		if msg.try == p.try && p.try != nil {
			return p.saved(msg)
		}
	}
	return nil
}

func (p *profile) press(msg tea.KeyMsg) (cmd tea.Cmd) {
	switch {
	case p.try != nil:
		if key.Matches(msg, esc) {
			p.try.stop() // saved says what that means
		}
	case key.Matches(msg, esc):
		return send(homeMsg{})
	case key.Matches(msg, enter) && p.focus != onNothing:
		return p.save()
	case key.Matches(msg, enter), msg.Type == tea.KeyTab, msg.Type == tea.KeyDown:
		p.move(1)
	case msg.Type == tea.KeyShiftTab, msg.Type == tea.KeyUp:
		p.move(-1)
	case p.focus == onNothing:
		cmd = jump(p.app, msg)
	case p.focus == onLanguage:
		switch msg.String() {
		case "left", "h":
			p.language = (p.language + len(profileLanguages) - 1) % len(profileLanguages)
		case "right", "l", " ":
			p.language = (p.language + 1) % len(profileLanguages)
		default:
			return jump(p.app, msg)
		}
	case p.focus == onNickname:
		p.nickname, cmd = p.nickname.Update(msg)
	default:
		p.picture, cmd = p.picture.Update(msg)
	}
	p.remark = remark{}
	return cmd
}

func (p *profile) move(by int) {
	if p.focus == onNothing && by < 0 {
		p.focus = onNickname // from which the last is one up
	}
	p.focus = (p.focus + by + lastField) % lastField
	p.nickname.Blur()
	p.picture.Blur()
	switch p.focus {
	case onNickname:
		p.nickname.Focus()
	case onPicture:
		p.picture.Focus()
	}
}

func (p *profile) wanted() fields {
	return fields{strings.TrimSpace(p.nickname.Value()), profileLanguages[p.language], path(p.picture.Value())}
}

func (p *profile) changed() bool { return p.wanted() != p.base }

// change is what the server is told: nothing of what the person has left as it
// was, for another device may have changed that.
func (p *profile) change() (change pairing.Profile, any bool) {
	wanted := p.wanted()
	if wanted.nickname != p.base.nickname {
		change.Nickname = &wanted.nickname
	}
	if wanted.language != p.base.language {
		change.Language = &wanted.language
	}
	return change, change != pairing.Profile{}
}

func (p *profile) save() tea.Cmd {
	switch {
	case !p.changed():
		p.remark = remark{text: p.app.texts.get("profile.nothing")}
		return nil
	case p.app.offline:
		p.remark = remark{text: p.app.texts.get("list.offline"), bad: true, offline: true}
		return nil
	}
	file := p.wanted().picture
	change, any := p.change()
	p.try = newTry(p.app, p.app.texts.get("profile.saving"))
	t, server := p.try, p.app.account
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		err := savePicture(t.ctx, server, file)
		if err == nil && any {
			err = server.SetProfile(t.ctx, change)
		}
		return promptedMsg{try: t, err: err}
	})
}

// savePicture comes first: it is what is refused sooner.
func savePicture(ctx context.Context, server Server, file string) error {
	switch file {
	case "":
		return nil
	case "-":
		return server.RemovePicture(ctx)
	}
	content, err := client.ReadPicture(file)
	if err != nil {
		return err
	}
	return server.SetPicture(ctx, content)
}

func (p *profile) saved(msg promptedMsg) tea.Cmd {
	p.try.stop()
	p.try = nil
	switch {
	case msg.err == nil:
		p.remark = remark{text: p.app.texts.get("profile.saved"), good: true}
		p.picture.SetValue("")
		p.base = p.wanted()
		return tea.Batch(whoAmI(p.app, byItself), p.look())
	case errors.Is(msg.err, context.Canceled):
		p.remark = remark{text: p.app.texts.get("list.cancelled")}
	case errors.Is(msg.err, os.ErrNotExist):
		p.remark = remark{text: p.app.texts.get("profile.no_file"), bad: true}
	default:
		p.remark = remark{text: p.app.sentence(msg.err), bad: true}
	}
	return nil
}

func (p *profile) typing() bool {
	return p.try == nil && (p.focus == onNickname || p.focus == onPicture)
}

func (p *profile) leave() {
	p.stop()
	p.try.stop()
}
