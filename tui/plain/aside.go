package plain

import (
	"time"

	"hamconnect/tui/client"
)

// aside is a request that this device has claimed and that was left without an
// answer. Not each has a link to come back by, so it stands among the requests
// for as long as it lives.
type aside struct {
	of    *account
	ask   *client.Ask
	off   []bool // scopes that were left out
	until time.Time
}

func (c *consent) putAside() {
	ask := *c.ask
	ask.Status = c.status
	c.session.aside = &aside{of: c.account, ask: &ask, off: c.off, until: c.until}
}

// leftRequest is the request that can be taken up again, or nil.
func (s *session) leftRequest() *aside {
	if s.aside == nil || s.aside.of != s.account || s.aside.seconds(s) == 0 {
		return nil
	}
	return s.aside
}

// seconds are those that are left.
func (r *aside) seconds(s *session) int { return int(max(0, r.until.Sub(s.now())) / time.Second) }

// takeUp asks again. What happened to it meanwhile, the consent's watch tells.
func (s *session) takeUp(r *aside) error {
	ask := *r.ask
	ask.Status.ExpiresIn = r.seconds(s)
	return s.consentWithout(&ask, r.off)
}

// requestCount is how many requests the menu leads to.
func (s *session) requestCount() int {
	count := len(s.account.me.Requests)
	if s.leftRequest() != nil {
		count++
	}
	return count
}
