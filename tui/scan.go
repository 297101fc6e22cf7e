package tui

import (
	"context"
	"errors"
	"image"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
)

// scan is the live picture of a camera. The first code of ours that is seen is
// used for the purpose of the screen behind it.
type scan struct {
	app    *app
	of     purpose
	try    *try // ends with the screen
	camera camera

	frame   *image.RGBA // as small as it is drawn
	shape   image.Point // of the camera's pictures
	looking bool        // a picture is searched
	asking  bool        // a code is used
	framed  []image.Point
	tried   map[string]time.Time // texts of codes that were looked at, and when they may be again; zero is never
	text    string               // of the code that the server is asked about
	remark  remark
	err     error // the camera's
	size    sizeMsg
}

// frameEvery is the time from one picture to the next: ten a second.
const frameEvery = 100 * time.Millisecond

// askAgain is how long a code rests after the server could not be reached.
const askAgain = 5 * time.Second

func newScan(a *app, of purpose) *scan {
	return &scan{app: a, of: of, try: newTry(a, a.texts.get("scan.opening")), tried: map[string]time.Time{}}
}

func (c *scan) init() tea.Cmd { return tea.Batch(c.try.spin.Tick, openCamera(c.app, c.try)) }

func (c *scan) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case sizeMsg:
		c.size = msg
	case spinner.TickMsg:
		if c.camera == nil || c.asking {
			return c.try.turn(msg)
		}
	case tea.KeyMsg:
		switch {
		case key.Matches(msg, esc):
			return send(screenMsg{open: func() screen { return c.of.back(nil) }})
		case key.Matches(msg, enter) && c.err != nil:
			return send(screenMsg{open: func() screen { return newScan(c.app, c.of) }})
		}
	case cameraMsg:
		if msg.try == c.try {
			c.camera = msg.camera
			return c.next()
		}
	case frameMsg:
		if msg.try == c.try {
			return c.shown(msg)
		}
	case nextMsg:
		if msg.try == c.try && !c.asking {
			return c.next()
		}
	case sightMsg:
		if msg.try == c.try {
			return c.sighted(msg)
		}
	case failedMsg:
		if msg.try != c.try || errors.Is(msg.err, context.Canceled) {
			return nil
		}
		if c.asking { // the link is no good, and the camera goes on
			c.asking = false
			if errors.Is(msg.err, client.ErrUnreachable) {
				c.tried[c.text] = c.app.now().Add(askAgain)
			}
			c.remark = remark{text: c.app.sentenceAbout(c.of.about, msg.err), bad: true}
			return c.next()
		}
		c.err = msg.err
	case foundMsg:
		if msg.try == c.try {
			return send(askedMsg{msg.ask})
		}
	case joinedMsg:
		if msg.try == c.try {
			return send(enrolledMsg{msg.account})
		}
	case severalMsg:
		if msg.try == c.try {
			return send(screenMsg{open: func() screen { return newChoice(c.app, c.of, msg.links) }})
		}
	}
	return nil
}

func (c *scan) next() tea.Cmd {
	cols, rows := c.picture(c.size.width, c.size.height)
	return nextFrame(c.try, c.camera, cols, rows)
}

// shown takes in a picture, and has it searched unless one is.
func (c *scan) shown(msg frameMsg) tea.Cmd {
	if c.asking {
		return nil // the picture with the code stays
	}
	c.frame, c.shape = msg.small, msg.whole.Bounds().Size()
	cmds := []tea.Cmd{tea.Tick(max(0, frameEvery-msg.took), func(time.Time) tea.Msg { return nextMsg{c.try} })}
	if !c.looking {
		c.looking = true
		cmds = append(cmds, searchFrame(c.app, c.try, c.of.wants, msg.whole))
	}
	return tea.Batch(cmds...)
}

// sighted takes in what was found in a picture.
func (c *scan) sighted(msg sightMsg) tea.Cmd {
	c.looking = false
	c.framed = msg.corners
	if msg.text == "" {
		return nil
	}
	if again, ok := c.tried[msg.text]; ok && (again.IsZero() || c.app.now().Before(again)) {
		return nil
	}
	c.tried[msg.text], c.text = time.Time{}, msg.text
	if msg.err != nil {
		c.remark = remark{text: c.app.sentenceAbout(c.of.about, msg.err), bad: true}
		return nil
	}
	c.asking, c.remark = true, remark{}
	c.try.what = c.app.texts.get(c.of.what)
	t, use := c.try, c.of.use
	return tea.Batch(t.spin.Tick, func() tea.Msg { return use(t, msg.links) })
}

// picture is the size of the picture in cells, which are twice as high as wide.
func (c *scan) picture(width, height int) (cols, rows int) {
	shape := c.shape
	if shape.X <= 0 || shape.Y <= 0 { // not known before the first one
		shape = image.Pt(4, 3)
	}
	rows = max(1, height-4)
	cols = max(1, min(width, rows*2*shape.X/shape.Y))
	return cols, max(1, min(rows, cols*shape.Y/shape.X/2))
}

func (c *scan) view(width, height int) []string {
	s, t := c.app.styles, c.app.texts
	lines := []string{s.title.Render(fit(t.get("scan.camera"), width))}
	switch {
	case c.err != nil:
		lines = append(append(lines, ""), remark{text: c.app.sentence(c.err), bad: true}.lines(s, width)...)
		return append(append(lines, ""), s.muted.Render(fit(t.get("scan.again"), width)))
	case c.frame == nil:
		return append(lines, "", c.try.line(c.app, width))
	}
	cols, rows := c.picture(width, height)
	below := remark{text: t.get("scan.hold")}.lines(s, width)
	switch {
	case c.asking:
		below = []string{c.try.line(c.app, width)}
	case c.remark.text != "":
		below = c.remark.lines(s, width)
	}
	if rows = min(rows, height-1-len(below)); rows > 0 {
		lines = append(lines, s.blocks(framedPicture(c.frame, c.framed), cols, rows)...)
	}
	return append(lines, below...)
}

func (c *scan) keys() []key.Binding {
	keys := []key.Binding{bind(c.app.texts.get("key.back"), "esc", "esc")}
	if c.err != nil {
		keys = append(keys, bind(c.app.texts.get("scan.retry"), "enter", "enter"))
	}
	return keys
}

func (c *scan) typing() bool { return false }
func (c *scan) leave()       { c.try.stop() }
