package tui

import (
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// Messages to the root: which screen comes next, and who we are.
type (
	homeMsg     struct{ notice notice }
	askedMsg    struct{ ask *client.Ask }
	resultMsg   struct{ outcome outcome }
	enrolledMsg struct{ account *account }
	meMsg       struct {
		name string
		err  error
	}
)

// Messages to a screen. Those that answer a command carry the screen that
// gave it, or its try, so that one which comes late is known and dropped.
type (
	noticeMsg struct{ notice notice }
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

// notice is a line on the home screen about what just happened.
type notice struct {
	text      string
	good, bad bool
}
