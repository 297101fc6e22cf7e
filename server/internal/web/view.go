package web

import (
	"strconv"
	"strings"
	"unicode"
)

// View is how a pairing stands, for the browser that began it. It goes as JSON
// over the WebSocket and to the polling page, and into the templates.
//
// A View may be shown to that browser only: from approved on it holds the way
// to finish, and while claimed the number that the person must type.
type View struct {
	State           string   `json:"state"` // waiting, claimed, approved, denied, expired, cancelled or finished
	Version         int64    `json:"version"`
	Link            string   `json:"link,omitempty"` // waiting: what the QR says
	QR              *QR      `json:"qr,omitempty"`   // waiting
	SecondsLeft     int      `json:"seconds_left"`   // of the present state
	CodeSecondsLeft int      `json:"code_seconds_left,omitempty"`
	Account         *Account `json:"account,omitempty"`    // from claimed on
	Number          int      `json:"number,omitempty"`     // claimed only: the check number
	DecideFor       int      `json:"decide_for,omitempty"` // claimed only: seconds the claimant had at first
	Contested       int      `json:"contested,omitempty"`  // others who tried to scan it too
	Scopes          []string `json:"scopes,omitempty"`     // approved: names of those granted
	Finish          string   `json:"finish,omitempty"`     // where the page goes after a second, a path on this origin
	Resume          string   `json:"resume,omitempty"`     // waiting: what the page brings when it comes back, as nothing is stored yet
}

// QR is a code without its quiet zone: the page adds that. A page comes with the
// path of it. Messages, of which there are many, hold its modules, and the
// script draws.
type QR struct {
	Size int           `json:"size"` // modules on a side
	Dark string        `json:"dark"` // a bit for each module, row after row, as hexadecimal digits
	Path func() string `json:"-"`    // SVG path data, one unit a module
}

// quietZone is the white margin that ISO/IEC 18004 wants around a code, in
// modules. signin.js has the same number.
const quietZone = 4

// ViewBox frames the code with its quiet zone.
func (q *QR) ViewBox() string {
	if q == nil {
		return ""
	}
	from, side := strconv.Itoa(-quietZone), strconv.Itoa(q.Size+2*quietZone)
	return from + " " + from + " " + side + " " + side
}

// Account is who scanned the code.
type Account struct {
	Nickname string `json:"nickname"`
	Picture  string `json:"picture,omitempty"` // a path on this origin, or empty
	Phone    bool   `json:"phone,omitempty"`   // by their phone's browser, without the Ham app
}

// tidy takes out of a name what would not be seen, but turns or breaks the
// text around it: control characters and bidirectional marks. signin.js does
// the same.
func tidy(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u061c', r == '\u200e', r == '\u200f', // marks
			r >= '\u2028' && r <= '\u202e', // line separators, embeddings, overrides
			r >= '\u2066' && r <= '\u2069': // isolates
			return -1
		}
		return r
	}, name)
}

// initial is the letter that stands in for a picture that is not there.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "•"
}

// localPath gives path back if it stays on this origin, otherwise nothing.
// Browsers read "//host" and "/\host" as other hosts.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return ""
	}
	return path
}

// clock writes seconds as 2:41.
func clock(seconds int) string {
	seconds = max(0, seconds)
	tail := strconv.Itoa(seconds % 60)
	if len(tail) < 2 {
		tail = "0" + tail
	}
	return strconv.Itoa(seconds/60) + ":" + tail
}
