package main

import (
	"path/filepath"
	"testing"

	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// Three servers behind a load balancer that sends each request to the next: the
// page, its socket, the scan, the approval, the finish, the token and the data
// are each another one's.
func TestThreeNodesAreOneProviderInARealBrowser(t *testing.T) {
	p, _ := servertest.Nodes(t, 3, nil) // or it is skipped before Chromium is started
	chrome := startChromium(t)
	c := openCampusOn(t, p)
	_, link, err := c.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := qr.ParseLink(link)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "app")
	if _, err := client.Enroll(t.Context(), parsed, client.Options{Dir: config}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b := openTab(t, chrome, "")
		b.signIn(c.app)
		b.state("waiting")
		c.link(b) // the socket has begun the pairing
		phone := scan(t, b.screenshot(), config)
		b.state("claimed")
		if name := b.shown("account-name"); name != "Lin" {
			t.Errorf("the page names %q", name)
		}
		phone.answer(t, b.number())
		b.greeted("Lin")
	}
}
