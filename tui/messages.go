package tui

import (
	"time"

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
	meMsg       struct {
		of      *account // who was asked about
		seen    int      // app.seen when the question was put
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
	againMsg  struct{ of screen } // it is time to ask for news
	linkMsg   struct {            // a link for a passkey was made, or not
		try  *try
		link pairing.PasskeyLink
		code *qr.Code // nil if the link fits in none
		err  error
	}
	sizeMsg   struct{ width int } // of a screen's lines, at its start and when the window changes
	failedMsg struct {            // looking at a code, or an enrolment, did not work
		try *try
		err error
	}
	foundMsg struct { // a code was looked at
		try *try
		ask *client.Ask
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

// remark is a line on the home screen about what just happened.
type remark struct {
	text      string
	good, bad bool
	offline   bool // it says that the server cannot be reached
}
