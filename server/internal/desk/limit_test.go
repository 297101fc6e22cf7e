package desk_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// from connects a page whose request says that it was forwarded for others.
func from(t *testing.T, h house, page *servertest.Page, forwarded ...string) (*servertest.Socket, error) {
	t.Helper()
	header := http.Header{"Origin": {h.URL}, "User-Agent": {servertest.UserAgent}}
	if forwarded != nil {
		header["X-Forwarded-For"] = forwarded
	}
	return page.ConnectWith(t.Context(), header)
}

func TestTheAppSeesTheAddressThatTheServerSawAndNotTheOneThatIsClaimed(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for what, c := range map[string]struct {
		proxies   []netip.Prefix
		forwarded []string
		want      string
	}{
		"no proxy, forged header":           {nil, []string{"203.0.113.9"}, "127.0.0.1"},
		"no proxy, forged header twice":     {nil, []string{"203.0.113.9", "10.0.0.1"}, "127.0.0.1"},
		"a proxy, its header":               {trusted, []string{"203.0.113.9"}, "203.0.113.9"},
		"a proxy, a forged hop before it":   {trusted, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"a proxy, a forged line before it":  {trusted, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"two proxies":                       {trusted, []string{"203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
		"two proxies, a forged trusted hop": {trusted, []string{"10.9.9.9, 203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
		"a proxy, nonsense before":          {trusted, []string{"<script>, 203.0.113.9"}, "203.0.113.9"},
		"a proxy, only nonsense":            {trusted, []string{"\"><script>"}, "127.0.0.1"},
		"a proxy, no header":                {trusted, nil, "127.0.0.1"},
		"a proxy, an empty header":          {trusted, []string{""}, "127.0.0.1"},
		"a proxy, IPv6":                     {trusted, []string{"2001:db8::1"}, "2001:db8::1"},
		"a proxy, IPv4 in IPv6":             {trusted, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"a proxy that is not on the list":   {trusted[1:], []string{"203.0.113.9"}, "127.0.0.1"},
	} {
		t.Run(what, func(t *testing.T) {
			h := build(t, func(config *server.Config) { config.TrustedProxies = c.proxies })
			page := h.open(t)
			socket, err := from(t, h, page, c.forwarded...)
			if err != nil {
				t.Fatal(err)
			}
			defer socket.Close()
			ask, err := h.phone.Claim(t.Context(), servertest.Code(page.Link))
			if err != nil || ask.Browser == nil || ask.Browser.Address != c.want || ask.Browser.Name != "Chrome on Linux" {
				t.Errorf("it sees %+v (%v)", ask.Browser, err)
			}
		})
	}
}

func TestAnAddressBeginsSoManyPairingsAndOthersDoNotNotice(t *testing.T) {
	h := build(t, func(c *server.Config) {
		c.Limits.Pairings = server.Rate{Every: time.Minute, Burst: 5}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	const flooder, other = "203.0.113.9", "203.0.113.10"
	begin := func(address string) (*servertest.Page, error) {
		page := h.open(t)
		socket, err := from(t, h, page, address)
		if err == nil {
			_, err = socket.Next() // what it is told makes that it may come back
			socket.Close()
		}
		return page, err
	}
	var first *servertest.Page
	for i := range 5 {
		page, err := begin(flooder)
		if err != nil {
			t.Fatalf("pairing %d: %v", i, err)
		}
		if i == 0 {
			first = page
		}
	}
	for range 20 {
		if _, err := begin(flooder); status(err) != http.StatusTooManyRequests {
			t.Fatalf("one more: %v", err)
		}
	}
	if _, err := begin(other); err != nil {
		t.Errorf("another address: %v", err)
	}
	if _, err := from(t, h, first, flooder); err != nil {
		t.Errorf("the flooder's first page cannot come back: %v", err)
	}
	h.Clock.Advance(time.Minute)
	if _, err := begin(flooder); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	// A whole /64 of IPv6 counts as one.
	for i, address := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5"} {
		if _, err := begin(address); err != nil {
			t.Fatalf("IPv6 %d: %v", i, err)
		}
	}
	if _, err := begin("2001:db8::ffff"); status(err) != http.StatusTooManyRequests {
		t.Errorf("another address of the same /64: %v", err)
	}
}
