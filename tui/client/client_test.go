package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

func newServer(t *testing.T) *clienttest.Server {
	t.Helper()
	s := clienttest.New(nil)
	t.Cleanup(s.Close)
	return s
}

func link(t *testing.T, text string) qr.Link {
	t.Helper()
	l, err := qr.ParseLink(text)
	if err != nil {
		t.Fatalf("ParseLink(%q): %v", text, err)
	}
	return l
}

func signIn(t *testing.T, s *clienttest.Server) *client.Account {
	t.Helper()
	a, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func claim(t *testing.T, s *clienttest.Server, a *client.Account) (*client.Ask, string) {
	t.Helper()
	id, text := s.Begin(clienttest.Request())
	ask, err := a.Claim(t.Context(), link(t, text).Code)
	if err != nil {
		t.Fatal(err)
	}
	return ask, id
}

func TestAnApprovalGivesWhatWasTicked(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	ask, id := claim(t, s, a)
	if ask.RedirectHost() != "library.example" || ask.IconHost() != "cdn.library.example" || !ask.IsPairing() {
		t.Errorf("asked: %+v", ask)
	}
	status, err := a.Approve(t.Context(), ask, clienttest.Number, []string{"is_student"})
	if err != nil || status.State != pairing.Approved {
		t.Fatalf("Approve: %v, %v", status, err)
	}
	if diff := cmp.Diff([]string{"is_student"}, s.Granted(id)); diff != "" {
		t.Error(diff)
	}
	if _, err := a.Approve(t.Context(), ask, clienttest.Number, []string{"is_student"}); err != nil {
		t.Errorf("the identical retry: %v", err)
	}
}

func TestAClaimIsTakenUpAgainByTheSameDevice(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	_, text := s.Begin(clienttest.Request())
	first, err := a.Claim(t.Context(), link(t, text).Code)
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.Claim(t.Context(), link(t, text).Code)
	if err != nil || again.PairingID != first.PairingID {
		t.Fatalf("the second claim: %+v, %v", again, err)
	}
	other := signIn(t, s)
	_, err = other.Claim(t.Context(), link(t, text).Code)
	wantFailure(t, err, pairing.FailClaimed)
}

func TestThreeWrongNumbersRefuse(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	ask, id := claim(t, s, a)
	for left := 2; left >= 0; left-- {
		_, err := a.Approve(t.Context(), ask, 11, nil)
		if f := wantFailure(t, err, pairing.FailNumber); f.TriesLeft != left {
			t.Errorf("%d tries left, want %d", f.TriesLeft, left)
		}
	}
	if s.State(id) != pairing.Denied {
		t.Errorf("state %s", s.State(id))
	}
}

func TestStatusComesWhenItChanges(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	ask, id := claim(t, s, a)
	got := make(chan pairing.Status, 1)
	go func() {
		status, err := a.Status(t.Context(), id, ask.Status.Version, 20*time.Second)
		if err != nil {
			t.Error(err)
		}
		got <- status
	}()
	if _, err := a.Deny(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	if status := <-got; status.State != pairing.Denied {
		t.Errorf("state %s", status.State)
	}
}

func TestTheDigestIsOfWhatCameAndTheScreenGetsItClean(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	request := clienttest.Request()
	request.AppName = "Cam\x1b[31mpus\u202e Library\x00"
	id, text := s.Begin(request)
	ask, err := a.Claim(t.Context(), link(t, text).Code)
	if err != nil {
		t.Fatal(err)
	}
	if ask.AppName != "Campus Library" {
		t.Errorf("name %q", ask.AppName)
	}
	if _, err := a.Approve(t.Context(), ask, clienttest.Number, nil); err != nil || s.State(id) != pairing.Approved {
		t.Errorf("Approve: %v, %s", err, s.State(id))
	}
}

func TestADeepLinkGivesTheRedirect(t *testing.T) {
	a := signIn(t, newServer(t))
	l := link(t, "ham://sso-authorize?client_id=library&redirect_uri=https%3A%2F%2Flibrary.example%2Fcallback&state=a%26b")
	if err := a.Check(l); err != nil {
		t.Fatal(err)
	}
	ask, err := a.CheckAuthorize(t.Context(), l.Authorize)
	if err != nil || ask.IsPairing() {
		t.Fatalf("CheckAuthorize: %+v, %v", ask, err)
	}
	redirect, err := a.ApproveAuthorize(t.Context(), ask, ask.ScopeNames())
	if want := "https://library.example/callback?code=SECRETCODE&state=a%26b"; err != nil || redirect != want {
		t.Errorf("redirect %q, %v", redirect, err)
	}
	if redirect, err := a.DenyAuthorize(t.Context(), ask); err != nil || redirect != "" {
		t.Errorf("DenyAuthorize: %q, %v", redirect, err)
	}
	unknown := l.Authorize
	unknown.Set("client_id", "nobody")
	_, err = a.CheckAuthorize(t.Context(), unknown)
	wantFailure(t, err, pairing.FailClient)
}

func TestALinkOfAnotherServerIsRefusedWithBothHosts(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	err := a.Check(link(t, "https://evil.example/q/ABCDEFGHABCDEFGH"))
	if _, ok := errors.AsType[*client.HostError](err); !ok || !strings.Contains(err.Error(), "https://evil.example") || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("Check: %v", err)
	}
}

func TestAClockThatIsOffIsToldByHowMuch(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for off, want := range map[time.Duration]string{10 * time.Minute: "10 minutes ahead of", -90 * time.Second: "90 seconds behind"} {
		s := clienttest.New(func() time.Time { return now })
		defer s.Close()
		_, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{
			Dir: t.TempDir(), Now: func() time.Time { return now.Add(off) },
		})
		if f := wantFailure(t, err, pairing.FailClock); f.Skew != off || !strings.Contains(f.Error(), want) {
			t.Errorf("%s off: %v", off, f)
		}
	}
}

func TestAProofIsForOneCallAndOfTheDeviceKey(t *testing.T) {
	s := newServer(t)
	now := time.Now()
	dir := t.TempDir()
	var proofs []string
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		proofs = append(proofs, r.Header.Get("DPoP"))
		if len(r.Header.Values("Authorization"))+len(r.Header.Values("Cookie")) > 0 {
			t.Errorf("another credential than the proof: %v", r.Header)
		}
		return false
	})
	a, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ask, _ := claim(t, s, a)
	if _, err := a.Status(t.Context(), ask.PairingID, 0, time.Second); err != nil {
		t.Fatal(err)
	}
	want := []struct{ method, path string }{
		{"POST", "/app/v1/enroll"},
		{"POST", "/app/v1/pairings/claim"},
		{"GET", "/app/v1/pairings/" + ask.PairingID},
	}
	seen := map[any]bool{}
	var key string
	for i, text := range proofs {
		jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			t.Fatal(err)
		}
		header := jws.Signatures[0].Protected
		payload, err := jws.Verify(header.JSONWebKey)
		if err != nil || header.ExtraHeaders["typ"] != "dpop+jwt" || header.Algorithm != "EdDSA" {
			t.Errorf("header %+v: %v", header, err)
		}
		public, err := header.JSONWebKey.MarshalJSON()
		if err != nil || !header.JSONWebKey.IsPublic() || strings.Contains(string(public), `"d"`) {
			t.Errorf("the key in the proof: %s, %v", public, err)
		}
		if key == "" {
			key = string(public)
		} else if key != string(public) {
			t.Error("another key")
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		if id, ok := claims["jti"].(string); !ok || len(id) != 22 || seen[id] {
			t.Errorf("jti %v", claims["jti"])
		}
		seen[claims["jti"]] = true
		delete(claims, "jti")
		if diff := cmp.Diff(map[string]any{"htm": want[i].method, "htu": s.URL + want[i].path, "iat": float64(now.Unix())}, claims); diff != "" {
			t.Error(diff)
		}
	}
	if len(proofs) != len(want) {
		t.Errorf("%d calls", len(proofs))
	}
}

func TestTheAccountIsKeptForItsOwnerAlone(t *testing.T) {
	s := newServer(t)
	dir := filepath.Join(t.TempDir(), "new", "ham")
	o := client.Options{Dir: dir}
	if _, err := client.Load(o); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("Load before: %v", err)
	}
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), o); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "account.json")
	for name, mode := range map[string]os.FileMode{dir: 0o700, path: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 || files[0].Name() != ".lock" {
		t.Errorf("left behind: %v, %v", files, err)
	}
	a, err := client.Load(o)
	if err != nil || a.Server != s.URL || a.UserID != "user-ada" || a.Nickname != "Ada" || a.DeviceID == "" {
		t.Fatalf("Load: %+v, %v", a, err)
	}
	for name, mode := range map[string]os.FileMode{dir: 0o770, path: 0o640} {
		info, _ := os.Stat(name)
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		_, err := client.Load(o)
		loose, ok := errors.AsType[*client.LooseError](err)
		if !ok || loose.Path != name || !strings.HasPrefix(loose.Mend, "chmod ") {
			t.Errorf("Load with %s open: %v", name, err)
		}
		if err := os.Chmod(name, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEnrollSendsNothingWhenTheKeyCannotBeKept(t *testing.T) {
	s := newServer(t)
	s.Intercept(func(http.ResponseWriter, *http.Request) bool { t.Error("something was sent"); return false })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: file}); err == nil {
		t.Error("no error")
	}
}

func TestARefusedEnrolmentLeavesNothing(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	l := link(t, s.EnrollLink())
	l.Code = "ANOTHERANOTHERANOTHER"
	_, err := client.Enroll(t.Context(), l, client.Options{Dir: dir})
	if f := wantFailure(t, err, pairing.FailNotFound); !strings.Contains(f.Error(), "enrol link") {
		t.Error(f)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestAKeyThatTheServerAcceptedIsNotLost(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	// A folder that is not empty stands where the account is to be put.
	if err := os.MkdirAll(filepath.Join(dir, "account.json", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir, Replace: true})
	left, _ := filepath.Glob(filepath.Join(dir, ".account-*.json"))
	if err == nil || len(left) == 0 || !strings.Contains(err.Error(), ".account-") {
		t.Fatalf("Enroll: %v; left: %v", err, left)
	}
	saved := t.TempDir()
	text, err := os.ReadFile(left[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(saved, "account.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mustLoad(t, client.Options{Dir: saved}).Me(t.Context()); err != nil {
		t.Errorf("with the key that was left: %v", err)
	}
}

func TestASecondEnrolmentDoesNotReplaceTheFirst(t *testing.T) {
	s := newServer(t)
	o := client.Options{Dir: t.TempDir()}
	for range 2 {
		_, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), o)
		_, again := errors.AsType[*client.SignedInError](err)
		if err != nil && !again || again != (mustLoad(t, o).DeviceID == "device-1" && err != nil) {
			t.Fatal(err)
		}
	}
	o.Replace = true
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), o); err != nil || mustLoad(t, o).DeviceID != "device-2" {
		t.Errorf("with Replace: %v", err)
	}
}

func TestLogoutWipesOnlyWhatTheServerForgot(t *testing.T) {
	s := newServer(t)
	o := client.Options{Dir: t.TempDir()}
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), o); err != nil {
		t.Fatal(err)
	}
	a := mustLoad(t, o)
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true })
	if err := a.Logout(t.Context()); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("Logout without a server: %v", err)
	}
	mustLoad(t, o)
	s.Intercept(nil)
	if err := a.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Load(o); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("Load after: %v", err)
	}
	if _, err := a.Me(t.Context()); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("Me after: %v", err)
	}
}

func TestOneAccountServesManyAtOnce(t *testing.T) {
	a := signIn(t, newServer(t))
	done := make(chan error)
	for range 8 {
		go func() { _, err := a.Me(t.Context()); done <- err }()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestStoppingIsNotAFaultOfTheServer(t *testing.T) {
	a := signIn(t, newServer(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Me(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrUnreachable) {
		t.Error(err)
	}
}

func mustLoad(t *testing.T, o client.Options) *client.Account {
	t.Helper()
	a, err := client.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantFailure(t *testing.T, err error, codes ...pairing.FailureCode) *client.Failure {
	t.Helper()
	f, ok := errors.AsType[*client.Failure](err)
	if !ok || !slices.Contains(codes, f.Code) {
		t.Fatalf("got %v, want %v", err, codes)
	}
	return f
}
