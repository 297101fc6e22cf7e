package desk

import (
	"testing"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// A page that nobody scanned left nothing, and says that it begins only now: it
// has time once more, but none of the codes that were seen on it.
func TestACodeThatHasRunIsNeverGoodAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	browser := r.open(t, page, firstTry)
	next(t, browser)
	browser.Close()
	seen := r.Codes.At(page.id, 0)
	for _, stands := range []string{firstTry, "&pairing_try=2"} {
		r.moved.Add(int64(3*time.Minute + time.Second))
		v := next(t, r.open(t, page, stands))
		link, err := qr.ParseLink(v.Link)
		if v.State != "waiting" || err != nil {
			t.Fatalf("as %q it is %s (%v)", stands, v.State, err)
		}
		if link.Code == seen {
			t.Errorf("as %q it shows the code of its first time", stands)
		}
		p, err := r.DB.Pairing(t.Context(), page.id)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Scan(r.now(), pairing.Device{ID: "d", UserID: "u"}, 0, 42); err == nil {
			t.Errorf("as %q the code of its first time is good", stands)
		}
		r.moved.Add(-int64(time.Minute))
	}
}

// Two ways of one page reach the server on both sides of the moment from which on
// it is given all the time: what its socket shows must be what can be claimed.
func TestWhatASocketShowsIsGoodHoweverItsPairingCameToBeStored(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	r.moved.Store(int64(29 * time.Second))
	browser := r.open(t, page, firstTry)
	next(t, browser)
	r.moved.Store(int64(31 * time.Second))
	next(t, r.open(t, page, "&pairing_try=2"))
	p, err := r.DB.Pairing(t.Context(), page.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.hub.all() {
		go s.push() // as the hub's clock does
	}
	if err := p.Scan(r.now(), pairing.Device{ID: "d", UserID: "u"}, r.step(t, next(t, browser)), 42); err != nil {
		t.Errorf("its code is refused: %v", err)
	}
}
