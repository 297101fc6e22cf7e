package tui

import (
	"image"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// Messages to the root: which screen comes next, and who we are.
type (
	homeMsg     struct{ remark remark }
	askedMsg    struct{ ask *client.Ask }
	resultMsg   struct{ outcome outcome }
	enrolledMsg struct{ account *account }
	passkeyMsg  struct{}
	screenMsg   struct { // the next screen, and what it should say at once
		open   func() screen
		remark remark
	}
	usedMsg struct { // another account is in use now, or is not
		account *account
		err     error
	}
	idleMsg struct{} // it is time to look whether anybody is there
	lockMsg struct{} // nobody is, and what waited is done
	helpMsg struct{}
	newsMsg struct{ of *account } // it may look different now; the connection is there
	lostMsg struct {              // the connection to the server is not there
		of  *account
		err error
	}
	laterMsg struct { // an act that waits a little; the zero value: one was taken back
		list string
		act  *act
		row  row
	}
	dueMsg struct{ later *later }
	meMsg  struct {
		of      *account // who was asked about
		seen    int      // app.seen when the question was put
		me      pairing.Me
		name    string
		notices []pairing.Notice
		asked   asking
		err     error
	}
	seenMsg struct { // a notice was marked as seen, or was not
		of  *account
		id  string
		err error
	}
)

// asking is why the server is asked who we are.
type asking int

const (
	byItself asking = iota // a failure is no news
	atStart                // the person should know whether that works
)

// Messages to a screen. Those that answer a command carry the screen that
// gave it, or its try, so that one which comes late is known and dropped.
type (
	remarkMsg struct{ remark remark }
	linkMsg   struct { // a link for a passkey was made, or not
		try  *try
		link pairing.PasskeyLink
		code *qr.Code // nil if the link fits in none
		err  error
	}
	rowsMsg struct { // a part of a list
		try  *try
		rows []row
		next string // cursor of the next part, empty at the end
		err  error
	}
	actedMsg struct { // an act was done, or was not
		try   *try // nil for one that waited
		list  string
		act   *act
		row   row
		later bool
		err   error
	}
	promptedMsg struct { // what a prompt asked for was done, or was not
		try  *try
		done string
		err  error
	}
	keptMsg struct { // the accounts of this device
		of       screen
		accounts []client.Kept
		err      error
	}
	pictureMsg struct { // the person's picture
		of      screen
		picture image.Image
		err     error
	}
	digitMsg struct { // a digit was typed, and may stand there by itself still
		of  screen
		key tea.KeyMsg
	}
	clickMsg  struct{ line, column, width, height int } // in the lines of a view of that size
	wheelMsg  int                                       // lines down
	sizeMsg   struct{ width, height int }               // of a screen's lines, at its start and when the window changes
	failedMsg struct {                                  // looking at a code, or an enrolment, did not work
		try *try
		err error
	}
	foundMsg struct { // a code was looked at
		try *try
		ask *client.Ask
	}
	severalMsg struct { // there are several links to choose from
		try   *try
		links []qr.Link
	}
	pastedMsg struct { // a text was in the clipboard, or in a picture
		try   *try
		text  string
		waits bool // for the person's Enter
	}
	completedMsg struct { // what a path that was begun may be
		prefix  string
		options []string
	}
	watchedMsg struct { // a picture came into the folder that is watched, or it is watched no more
		path string
		err  error
	}
	cameraMsg struct { // the camera is open
		try    *try
		camera camera
	}
	frameMsg struct { // a picture of the camera
		try   *try
		whole image.Image
		small *image.RGBA
		took  time.Duration
	}
	nextMsg  struct{ try *try } // it is time for another picture
	sightMsg struct {           // a picture was searched
		try     *try
		text    string // of the code, empty for none
		corners []image.Point
		links   []qr.Link
		err     error // why it is no link of ours
	}
	joinedMsg struct { // an enrolment worked
		try     *try
		account *account
	}
	tickMsg struct {
		of  screen
		now time.Time
	}
	statusMsg struct { // how the pairing stands, by the long poll
		of     screen
		status pairing.Status
		err    error
	}
	decidedMsg struct { // the server's answer to approve or refuse
		try      *try
		approved bool
		status   pairing.Status
		redirect string
		err      error
	}
	openedMsg struct { // the system's browser was started, or not
		of  screen
		err error
	}
)

// done says what an act did.
func (m actedMsg) done(t texts) string {
	return t.get(m.list+"."+doneText[m.act.name], m.row.name)
}

// doneText names the text for what was done.
var doneText = map[string]string{"revoke": "revoked", "remove": "removed", "end": "ended", "rename": "renamed"}

// remark is a line on the home screen about what just happened.
type remark struct {
	text      string
	good, bad bool
	offline   bool      // it says that the server cannot be reached
	at        time.Time // when it was made, where it may grow old
}

// remarkFor is how long a remark stays true, whatever happens on the server.
const remarkFor = 5 * time.Second

// stale reports whether what is shown now is newer than the remark about it.
func (r remark) stale(now time.Time) bool { return r.offline || now.Sub(r.at) >= remarkFor }
