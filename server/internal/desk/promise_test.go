package desk

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

const firstTry = "&pairing_try=1"

func (r *room) stored(t *testing.T, id string) bool {
	t.Helper()
	_, err := r.DB.Pairing(t.Context(), id)
	if err != nil && !errors.Is(err, pairing.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func next(t *testing.T, browser *websocket.Conn) (v web.View) {
	t.Helper()
	if err := browser.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := browser.ReadJSON(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// step is which of its codes a page shows.
func (r *room) step(t *testing.T, v web.View) int {
	t.Helper()
	link, err := qr.ParseLink(v.Link)
	if err != nil {
		t.Fatal(err)
	}
	_, step, err := r.Codes.Open(link.Code)
	if err != nil {
		t.Fatal(err)
	}
	return step
}

func TestAPageIsStoredWhenSomebodyAsksForItAndNotBefore(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	made := r.now()
	browser := r.open(t, page, firstTry)
	if v := next(t, browser); v.State != "waiting" || v.Resume != r.Codes.Resume(page.id) {
		t.Fatalf("it is %s, and to come back with %q", v.State, v.Resume)
	}
	if r.stored(t, page.id) {
		t.Fatal("it is stored already")
	}
	p, err := r.Follower.Brought(t.Context(), page.id)
	if err != nil || p.State != pairing.Waiting || p.Request.AppName != "Library" || !p.HeldBy(page.secret) || p.Begun.Sub(made).Abs() > time.Second {
		t.Fatalf("what is stored is %s of %q, since %v (%v)", p.State, p.Request.AppName, p.Begun, err)
	}
	r.scan(t, page.id)
	if v := next(t, browser); v.State != "claimed" || v.Number != 42 || v.Resume != "" {
		t.Errorf("then it is %s", v.State)
	}
}

// A code must not be good for longer because its page comes and goes.
func TestAPageThatComesBackWithoutHavingBeenStoredGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	first := r.open(t, page, firstTry)
	resume := "&pairing_resume=" + next(t, first).Resume
	first.Close()
	r.moved.Store(int64(100 * time.Second))
	if r.stored(t, page.id) {
		t.Fatal("it is stored already")
	}
	second := r.open(t, page, resume)
	if v := next(t, second); v.State != "waiting" || v.SecondsLeft > 80 || r.step(t, v) != 3 || !r.stored(t, page.id) {
		t.Fatalf("it is %s for %d s, at code %d", v.State, v.SecondsLeft, r.step(t, v))
	}
	r.moved.Store(int64(181 * time.Second))
	for _, stands := range []string{resume, firstTry, "&pairing_try=2", ""} {
		if v := next(t, r.open(t, page, stands)); v.State != "expired" {
			t.Errorf("as %q it is %s again", stands, v.State)
		}
	}

	lost := r.page(t)
	next(t, r.open(t, lost, firstTry))
	r.moved.Add(int64(181 * time.Second))
	if v := next(t, r.open(t, lost, "&pairing_resume="+r.Codes.Resume(lost.id))); v.State != "expired" || r.stored(t, lost.id) {
		t.Errorf("one that was never stored is %s, stored %t", v.State, r.stored(t, lost.id))
	}
}

// A phone's page shows the code when it is asked for: then it has all the time,
// once, and not for ever.
func TestAPageThatWaitsBeforeItBeginsHasAllTheTimeOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	r.moved.Store(int64(8 * time.Minute))
	if v := next(t, r.open(t, page, firstTry)); v.SecondsLeft < 179 || r.step(t, v) != 16 || !r.stored(t, page.id) {
		t.Fatalf("it is %s for %d s", v.State, v.SecondsLeft)
	}
	r.moved.Store(int64(8*time.Minute + 50*time.Second))
	if v := next(t, r.open(t, page, firstTry)); v.SecondsLeft > 130 || r.step(t, v) != 17 {
		t.Errorf("begun again it is %s for %d s, at code %d", v.State, v.SecondsLeft, r.step(t, v))
	}
	late := r.page(t)
	r.moved.Add(int64(cookieLife))
	if _, err := r.comeTo(t, late, firstTry); err == nil {
		t.Error("a page of ten minutes ago begins")
	}
}

// What the app is asked for is what the page was made for, whatever its browser
// says when it connects, and however the client has changed.
func TestAPromiseOfSomethingElseThanThePageShowsIsNotKept(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]func(oauth.Request) (oauth.Request, error){
		"more scopes":    func(r oauth.Request) (oauth.Request, error) { r.Scopes = []string{"phone"}; return r, nil },
		"another app":    func(r oauth.Request) (oauth.Request, error) { r.Client.Name = "Bank"; return r, nil },
		"another way":    func(r oauth.Request) (oauth.Request, error) { r.RedirectURI = "https://evil.example/"; return r, nil },
		"a client gone":  func(r oauth.Request) (oauth.Request, error) { return r, store.ErrNotFound },
		"another answer": func(r oauth.Request) (oauth.Request, error) { r.Implicit = true; return r, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			page := r.page(t)
			before := r.Request
			r.Request = func(ctx context.Context, parameters url.Values) (oauth.Request, error) {
				was, err := before(ctx, parameters)
				if err != nil {
					return was, err
				}
				return request(was)
			}
			browser := r.open(t, page, firstTry)
			if v := next(t, browser); v.State != "waiting" {
				t.Fatalf("it is %s", v.State)
			}
			r.Bus.Publish(store.PairingTopic(page.id))
			if v := next(t, browser); v.State != "expired" {
				t.Errorf("the page is told %s", v.State)
			}
			if r.stored(t, page.id) {
				t.Error("it is stored")
			}
			if _, err := r.comeTo(t, page, "&pairing_resume="+r.Codes.Resume(page.id)); err == nil || r.stored(t, page.id) {
				t.Error("it comes back to it")
			}
		})
	}
}

// What was stored before the app changed goes on, whatever a socket of its page
// still promises.
func TestASocketGoesOnWithWhatAnotherRequestOfItsPageHasStored(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	browser := r.open(t, page, firstTry)
	next(t, browser)
	second := r.open(t, page, "&pairing_try=2") // is stored
	next(t, second)
	r.Request = func(context.Context, url.Values) (oauth.Request, error) { return oauth.Request{}, store.ErrNotFound }
	r.scan(t, page.id)
	for _, b := range []*websocket.Conn{browser, second} {
		if v := next(t, b); v.State != "claimed" {
			t.Errorf("it is %s", v.State)
		}
	}
}

// Two sockets of one page promise the same.
func TestOfTwoSocketsOfAPageOneStoresAndBothGoOn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page := r.page(t)
	browsers := []*websocket.Conn{r.open(t, page, firstTry), r.open(t, page, firstTry)}
	for _, b := range browsers {
		next(t, b)
	}
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			if _, err := r.Follower.Brought(t.Context(), page.id); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	r.scan(t, page.id)
	for _, b := range browsers {
		if v := next(t, b); v.State != "claimed" {
			t.Errorf("it is %s", v.State)
		}
	}
}

// Nobody can have a page stored that the server did not make, or of which they
// only know the id.
func TestWhoHoldsNoSecretOfThePageBringsNothingAbout(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	page, other := r.page(t), r.page(t)
	changed := "A" + page.secret[1:]
	if changed == page.secret {
		changed = "B" + page.secret[1:]
	}
	for name, secret := range map[string]string{
		"another page's": other.secret, "made up": "secret", "changed": changed, "none": "",
	} {
		if _, err := r.comeTo(t, madePage{page.id, secret}, firstTry); err == nil || r.stored(t, page.id) {
			t.Errorf("with the secret %s it begins", name)
		}
	}
	if v := next(t, r.open(t, page, firstTry)); v.State != "waiting" {
		t.Errorf("its own browser finds it %s", v.State)
	}
}

// A desktop that has gone is not found, and whoever scans is told so soon.
func TestWhatNoDesktopHasIsNotFound(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	begun := time.Now()
	if _, err := r.Follower.Brought(t.Context(), pairing.NewID()); !errors.Is(err, pairing.ErrNotFound) {
		t.Errorf("it is %v", err)
	}
	if took := time.Since(begun); took < time.Second {
		t.Errorf("it gave up after %v, before a hint that was lost could be found", took)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Follower.Brought(gone, pairing.NewID()); !errors.Is(err, context.Canceled) {
		t.Errorf("for who has gone it is %v", err)
	}
}
