package qr

import (
	"net/url"
	"strings"
)

// LoginLink is the text of the QR code that Ham Web shows,
// "ham://qrcode-login?ticket=TICKET". It names no server: the app takes it to
// the one that its account is at, and no other knows the ticket.
func LoginLink(ticket string) string {
	return "ham://qrcode-login?ticket=" + strings.ToUpper(ticket)
}

// parseLogin reads the parameters of ham://qrcode-login: the ticket and
// nothing else. A link that says more was made by somebody who hopes that some
// reader obeys it.
func parseLogin(parameters url.Values) (Link, error) {
	ticket := parameters.Get("ticket")
	code := strings.ToUpper(ticket)
	switch {
	case len(parameters) != 1 || !parameters.Has("ticket"):
		return refuse("This sign-in link carries something else than a ticket, which a real one never does. " + getFresh)
	case !isASCII(ticket) || !isCode(code):
		return refuse("The ticket in this link is incomplete or mistyped. Scan it again, or paste the whole link.")
	}
	return Link{Kind: KindLogin, Code: code}, nil
}
