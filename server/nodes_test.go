package server_test

import (
	"os"
	"testing"

	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

// A browser's socket, the app's calls and the finish may each land on another
// node of the same database.
func TestNothingAboutASignInDependsOnTheNode(t *testing.T) {
	if os.Getenv(storetest.Variable) == "" {
		t.Skip("several nodes need PostgreSQL: name a server in $" + storetest.Variable)
	}
	first := servertest.Start(t, nil)
	second := first.Node()
	app := first.AddApp(nil)
	phone, _ := first.AddPhone("Lin")
	first.SendPhonesTo(second)
	for range 3 {
		s := first.Begin(app).Scan(phone).Approve() // the socket is on the first node
		code := s.Land().Get("code")
		if a := second.Exchange(app, code); a.Status != 200 {
			t.Fatalf("the exchange on the other node: %d", a.Status)
		}
	}
}
