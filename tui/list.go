package tui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// list is a screen of rows that the server knows: apps, devices, and so on.
// What kind of rows, and what can be done with them, a listing says.
type list struct {
	app *app
	of  listing

	rows   []row // all that there are
	coming []row // a new load, which takes the place of rows once it is whole
	shown  []int // places in rows of those that the filter lets through
	cursor int   // in shown

	filter    textinput.Model
	filtering bool // the filter is being typed

	try    *try // a load under way, nil when there is none
	stale  bool // there is news that the load under way may have missed
	loaded bool // rows have been whole once
	err    error

	at spot // the row to come back to, until it is there

	asked  *question // waits for a yes
	doing  *try      // an act under way
	remark remark
}

// question is about one row, and goes with it.
type question struct {
	act *act
	id  string // of the row
}

// listing is a kind of list. Texts are found below its name.
type listing struct {
	name string
	load func(ctx context.Context, a *account, cursor string) (rows []row, next string, err error)
	row  func(t texts, r *row) // puts what was loaded into words, in the language of now
	acts []act
}

// row is one line of a list, and what is known about it besides.
type row struct {
	id    string
	name  string
	note  string // on the right
	facts []fact
	warn  string // what the person should see to
	thing any    // as the server gave it
	match string // what the filter looks at
}

// fact is a line of what is known about a row.
type fact struct{ name, text string }

// act is something that can be done with a row.
type act struct {
	name    string // of its texts below the listing's
	key     string
	asks    bool // for a yes
	undo    bool // it is done a little later, and can be taken back until then
	refuses func(t texts, r row) string
	do      func(ctx context.Context, a *account, r row) error
	opens   func(a *app, r row) screen // a screen instead
	alone   bool                       // it needs no row
}

func (a act) binding(t texts, list string) key.Binding {
	return bind(t.get(list+"."+a.name), a.key, a.key)
}

func newList(a *app, of listing) *list {
	l := &list{app: a, of: of, at: a.comeBack(of.name)}
	l.filter = a.styles.input("")
	l.filter.CharLimit = 64
	return l
}

func (l *list) init() tea.Cmd { return l.load() }

func (l *list) load() tea.Cmd {
	if l.try != nil {
		l.stale = true
		return nil
	}
	l.try, l.coming, l.stale = newTry(l.app, l.text("list.loading")), nil, false
	return tea.Batch(l.try.spin.Tick, loadRows(l.app, l.try, l.of, ""))
}

func (l *list) text(key string, args ...any) string { return l.app.texts.get(key, args...) }

func (l *list) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return l.press(msg)
	case clickMsg:
		l.click(msg)
	case wheelMsg:
		l.move(int(msg))
	case spinner.TickMsg:
		return tea.Batch(l.try.turn(msg), l.doing.turn(msg))
	case rowsMsg:
		return l.take(msg)
	case actedMsg:
		if msg.try != nil && msg.try == l.doing {
			return l.acted(msg)
		}
	case newsMsg:
		return l.load()
	case laterMsg:
		l.choose()
	case remarkMsg:
		l.tell(msg.remark)
	}
	return nil
}

// take takes in a part of a load.
func (l *list) take(msg rowsMsg) tea.Cmd {
	if msg.try != l.try || l.try == nil {
		return nil
	}
	if msg.err != nil {
		l.try.stop()
		l.try = nil
		if !errors.Is(msg.err, context.Canceled) {
			l.err = msg.err
		}
		return nil
	}
	l.err = nil
	l.coming = append(l.coming, msg.rows...)
	if msg.next != "" && len(l.coming) < maxRows {
		if !l.loaded {
			l.put(l.coming)
		}
		return loadRows(l.app, l.try, l.of, msg.next)
	}
	l.try.stop()
	l.try, l.loaded = nil, true
	l.put(l.coming)
	l.coming = nil
	if l.remark.stale(l.app.now()) {
		l.remark = remark{}
	}
	if l.stale {
		return l.load()
	}
	return nil
}

// maxRows of a list that are loaded: more than a person goes through.
const maxRows = 10_000

// put shows rows, with the cursor on the same one as before if it is there.
func (l *list) put(rows []row) {
	before := l.at.name
	if r, ok := l.chosen(); ok && before == "" {
		before = r.id
	}
	l.rows = slices.Clone(rows)
	l.choose()
	for i, place := range l.shown {
		if l.rows[place].id == before {
			l.cursor, l.at = i, spot{}
		}
	}
	if r, _ := l.chosen(); l.asked != nil && r.id != l.asked.id {
		l.asked = nil
		l.tell(remark{text: l.text("list.gone")})
	}
}

// tell shows a remark until it has been read, or has grown old.
func (l *list) tell(r remark) {
	l.remark = r
	l.remark.at = l.app.now()
}

// choose lets the filter, and what is about to go, decide what is shown.
func (l *list) choose() {
	l.shown = l.shown[:0]
	wanted := strings.ToLower(strings.TrimSpace(l.filter.Value()))
	for i := range l.rows {
		r := &l.rows[i]
		if r.match == "" {
			l.of.row(l.app.texts, r)
			r.match = strings.ToLower(strings.Join([]string{r.name, r.note, r.warn, factTexts(r.facts)}, "\n"))
		}
		if strings.Contains(r.match, wanted) && !l.app.later.is(l.of.name, r.id) {
			l.shown = append(l.shown, i)
		}
	}
	l.cursor = max(0, min(l.cursor, len(l.shown)-1))
}

func factTexts(facts []fact) string {
	var all strings.Builder
	for _, f := range facts {
		all.WriteString(f.text + "\n")
	}
	return all.String()
}

// chosen is the row with the cursor.
func (l *list) chosen() (row, bool) {
	if l.cursor >= len(l.shown) {
		return row{}, false
	}
	return l.rows[l.shown[l.cursor]], true
}

func (l *list) move(by int) {
	if l.at = (spot{}); l.asked == nil {
		l.cursor = max(0, min(l.cursor+by, len(l.shown)-1))
	}
}

func (l *list) typing() bool { return l.filtering }

func (l *list) leave() {
	l.try.stop()
	l.doing.stop()
	l.try, l.doing = nil, nil
}
