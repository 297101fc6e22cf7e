package bench

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hamServer answers the questions that come before a load, as the server at
// public does.
func hamServer(t *testing.T, public func(own string) string, permission int) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	mux := http.NewServeMux()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	mux.HandleFunc(permissionPath, func(w http.ResponseWriter, r *http.Request) {
		if permission == http.StatusFound {
			http.Redirect(w, r, "https://192.0.2.1"+permissionPath, permission)
			return
		}
		w.WriteHeader(permission)
		json.NewEncoder(w).Encode(map[string]any{"load_test": permission == http.StatusOK, "public_url": public(s.URL)})
	})
	mux.HandleFunc(metadataPath, func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"issuer": public(s.URL)})
	})
	return s, &asked
}

func itself(own string) string { return own }

func TestAServerOnThisMachineMayBeLoaded(t *testing.T) {
	for _, c := range []struct {
		permission int
		lifted     bool
	}{{http.StatusOK, true}, {http.StatusNotFound, false}, {http.StatusFound, false}} {
		s, _ := hamServer(t, itself, c.permission)
		target, err := Find(t.Context(), s.URL, nil)
		if err != nil || target.Lifted != c.lifted || target.URL != s.URL {
			t.Errorf("status %d: %+v, %v", c.permission, target, err)
		}
	}
}

func TestAServerElsewhereIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for _, c := range []struct {
		server  string
		connect []string
	}{
		{"http://192.0.2.1", nil},
		{"http://192.0.2.1:8484", nil},
		{"http://[2001:db8::1]:8484", nil},
		{"http://localhost:8484", []string{"192.0.2.1:8484"}},
		{"http://localhost:8484", []string{"127.0.0.1:8484", "192.0.2.1:8484"}},
		{"http://0.0.0.0:8484", nil},
	} {
		begun := time.Now()
		_, err := Find(t.Context(), c.server, c.connect)
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "Nothing was sent") {
			t.Errorf("%s %v: %v", c.server, c.connect, err)
		}
		if time.Since(begun) > askFor { // the address answers nobody, so that a connection would be waited for
			t.Errorf("%s %v was tried", c.server, c.connect)
		}
	}
}

func TestOneOfSeveralAddressesThatIsElsewhereIsEnough(t *testing.T) {
	s, asked := hamServer(t, itself, http.StatusOK)
	_, err := Find(t.Context(), s.URL, []string{s.Listener.Addr().String(), "192.0.2.1:80"})
	if !errors.Is(err, ErrRefused) || asked.Load() != 0 {
		t.Errorf("%v; the other one was asked %d times", err, asked.Load())
	}
}

func TestAServerThatCallsItselfOtherwiseIsRefused(t *testing.T) {
	for _, permission := range []int{http.StatusOK, http.StatusNotFound} {
		s, _ := hamServer(t, func(string) string { return "https://ham.example" }, permission)
		if _, err := Find(t.Context(), s.URL, nil); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "calls itself https://ham.example") {
			t.Errorf("status %d: %v", permission, err)
		}
	}
}

func TestWhatIsNoHamServerIsRefused(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	if _, err := Find(t.Context(), s.URL, nil); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no Ham server") {
		t.Errorf("%v", err)
	}
}

func TestConnectionsGoToTheAddressesThatWereAskedAndToNoOthers(t *testing.T) {
	a, asked := hamServer(t, func(string) string { return "http://ham.localhost" }, http.StatusOK)
	b, askedToo := hamServer(t, func(string) string { return "http://ham.localhost" }, http.StatusOK)
	target, err := Find(t.Context(), "http://ham.localhost", []string{a.Listener.Addr().String(), b.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	transport := target.transport(target.dial)
	transport.DisableKeepAlives = true
	c := &http.Client{Transport: transport, CheckRedirect: stay}
	for _, address := range []string{"http://ham.localhost/", "http://192.0.2.1/", "http://elsewhere.example/", "http://ham.localhost/"} {
		response, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	if asked.Load() != 3 || askedToo.Load() != 3 { // the question, and two each in turn
		t.Errorf("asked %d and %d times, want 3 and 3", asked.Load(), askedToo.Load())
	}
}
