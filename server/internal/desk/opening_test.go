package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// A wake-up is a hint that anybody on the bus can send, and a node wakes
// everybody when it may have missed some: also who does not wait yet.
func TestASocketThatIsWokenBeforeItsPairingBeginsWaitsForItAllTheSame(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	request := r.Request
	r.Request = func(ctx context.Context, parameters url.Values) (oauth.Request, error) {
		r.Bus.Publish(store.PairingTopic(parameters.Get("pairing")))
		time.Sleep(50 * time.Millisecond) // for who would look for the pairing now
		return request(ctx, parameters)
	}
	browser, id := r.join(t)
	next := func() (v web.View) {
		t.Helper()
		if err := browser.ReadJSON(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := next(); v.State != "waiting" {
		t.Fatalf("it is %s", v.State)
	}
	r.scan(t, id)
	if v := next(); v.State != "claimed" {
		t.Errorf("then it is %s", v.State)
	}
}

// Who knows the id of somebody's pairing, but not its secret, is told nothing
// and leaves nothing behind, however often they come and whatever happens
// meanwhile.
func TestAStrangerAtSomebodysPairingLeavesNothingBehind(t *testing.T) {
	r := newRoom(t)
	victim, id := r.join(t)
	var v web.View
	if err := victim.ReadJSON(&v); err != nil {
		t.Fatal(err)
	}
	waits := r.Waiting()
	before := runtime.NumGoroutine()
	for i := range 200 {
		q := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?pairing="+id, nil)
		q.Header.Set("Origin", origin)
		if i%2 == 0 {
			q.AddCookie(&http.Cookie{Name: r.cookieName(id), Value: r.Codes.NewSecret(pairing.KindAuthorize, pairing.NewID(), r.now(), pairing.Request{})})
		}
		answer := httptest.NewRecorder()
		r.Bus.Publish(store.PairingTopic(id))
		if err := r.Socket(pairing.KindAuthorize)(answer, q); err == nil || answer.Body.Len() > 0 {
			t.Fatalf("a stranger is answered %q (%v)", answer.Body, err)
		}
	}
	eventually(t, "all who looked are gone", func() bool { return runtime.NumGoroutine() <= before+1 })
	if r.Waiting() != waits {
		t.Errorf("%d sockets wait, and before %d", r.Waiting(), waits)
	}
	r.scan(t, id)
	if err := victim.ReadJSON(&v); err != nil || v.State != "claimed" {
		t.Errorf("whose pairing it is sees %s (%v)", v.State, err)
	}
}
