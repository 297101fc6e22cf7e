package store_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/hamweb"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
)

// Browsers of Ham Web ask every two seconds how their ticket stands, so what
// one question costs is counted here, where the statements are seen.
func TestAPollOfATicketCostsOneReadByPrimaryKey(t *testing.T) {
	db, err := storetest.Open(t, t.TempDir()+"/data")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	work := store.Watch(db)
	at, wakes, codes := now, bus.NewLocal(), pairing.NewCodes([32]byte{1})
	clock := func() time.Time { return at }
	web := &hamweb.Web{
		Keeper: hamweb.Keep(browser.Keeper{DB: db, Now: clock}), Now: clock, Codes: codes,
		Follower: &follow.Follower{DB: db, Bus: wakes, Now: clock},
	}
	id := pairing.NewID()
	secret := codes.NewSecret(pairing.KindTicket, id, now, pairing.Request{})
	must(t, db.BeginPairing(t.Context(), pairing.BeginTicket(now, id, secret, pairing.Browser{Name: "Firefox", Address: "192.0.2.1"}, false)))

	polls := func(cookie, state string, want int) {
		t.Helper()
		work.Take()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/web/auth/qr/ticket/x", nil)
		r.SetPathValue("ticket", codes.Ticket(id))
		r.AddCookie(&http.Cookie{Name: "ham_session", Value: cookie})
		w := httptest.NewRecorder()
		must(t, web.Poll(w, r))
		if !strings.Contains(w.Body.String(), state) {
			t.Errorf("it is %s, want %s", w.Body, state)
		}
		reads, steps := work.Take()
		if len(reads) != want || steps != 0 {
			t.Errorf("%s: %d reads and %d steps, want %d reads alone: %q", state, len(reads), steps, want, reads)
		}
		for _, read := range reads {
			if os.Getenv(storetest.Variable) != "" {
				continue // for a few rows PostgreSQL leaves out every index
			}
			if plan := store.Plan(t, db, read, id); len(plan) != 1 || plan[0] != "SEARCH pairings USING PRIMARY KEY (id=?)" {
				t.Errorf("%s: SQLite would %q", state, plan)
			}
		}
	}
	held := "~" + id + "." + secret
	polls(held, "PENDING", 1)
	_, err = db.UpdatePairing(t.Context(), id, func(p *pairing.Pairing) error {
		return p.ScanTicket(at, pairing.Device{ID: "phone", UserID: "lin", Nickname: "Lin"})
	})
	must(t, err)
	polls(held, "SCANNED", 1)
	at = at.Add(time.Hour)
	polls(held, "EXPIRED", 1)
	polls("~"+id+"."+codes.NewSecret(pairing.KindTicket, pairing.NewID(), now, pairing.Request{}), "INVALID", 0)
}
