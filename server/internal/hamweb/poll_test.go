package hamweb_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
)

func TestAHundredPollsAtOnceBeginOneSessionRace(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	ticket := b.ticket()
	tabs := make([]*front, 100)
	for i := range tabs {
		tabs[i] = b.twin()
	}
	confirm(t, phone, scan(t, phone, ticket))
	var wait sync.WaitGroup
	begin := make(chan struct{})
	answers := make([]answer, len(tabs))
	for i, tab := range tabs {
		wait.Go(func() {
			<-begin
			answers[i] = tab.poll(ticket)
		})
	}
	close(begin)
	wait.Wait()
	same := tabs[0].cookies()
	for i, a := range answers {
		if a.text("state") != "CONFIRMED" || !maps.Equal(tabs[i].cookies(), same) || tabs[i].me() != "Lin" {
			t.Errorf("poll %d: %s, cookies %v", i, a.text("state"), a.cookies)
		}
	}
	if sessions, err := phone.Sessions(t.Context()); err != nil || len(sessions) != 1 {
		t.Errorf("there are %d sessions, %v", len(sessions), err)
	}
}

func TestALostConfirmationIsGivenAgainForAWhile(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	ticket := b.ticket()
	late, used := b.twin(), b.twin()
	confirm(t, phone, scan(t, phone, ticket))
	b.wants(ticket, "CONFIRMED")
	if again := late.twin(); again.wants(ticket, "CONFIRMED").cookies == nil || again.me() != "Lin" {
		t.Error("a retry within the grace is not signed in")
	}
	if a := b.call(http.MethodPost, "/web/auth/refresh", nil); a.status != http.StatusNoContent {
		t.Fatal("refreshing failed")
	}
	if a := used.wants(ticket, "CONFIRMED"); a.cookies != nil || used.me() != "" {
		t.Error("the first pair is given out although another was bought")
	}
	p.Clock.Advance(30 * time.Second)
	if a := late.wants(ticket, "CONFIRMED"); a.cookies != nil || late.me() != "" {
		t.Error("a copy of the ticket's cookie signs in half a minute later")
	}
	if b.me() != "Lin" {
		t.Error("the right browser was signed out by it")
	}
}

func TestALongPollAnswersWhenSomethingHappens(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	ticket := b.ticket()
	path := "/web/auth/qr/ticket/" + ticket + "?wait=20"
	done := make(chan answer, 1)
	watch := func(more string) {
		tab := b.twin()
		go func() { done <- tab.call(http.MethodGet, path+more, nil) }()
		select {
		case a := <-done:
			t.Fatalf("it did not wait: %v", a.fields)
		case <-time.After(100 * time.Millisecond):
		}
	}
	watch("")
	ask := scan(t, phone, ticket)
	if a := <-done; a.text("state") != "SCANNED" {
		t.Fatalf("after the scan: %v", a.fields)
	}
	watch("&state=SCANNED")
	confirm(t, phone, ask)
	if a := <-done; a.text("state") != "CONFIRMED" || len(a.cookies) != 2 {
		t.Fatalf("after the approval: %v, cookies %v", a.fields, a.cookies)
	}
	for _, wrong := range []string{"x", "-1", "1.5", "99999999"} {
		b.refused(b.call(http.MethodGet, "/web/auth/qr/ticket/"+ticket+"?wait="+wrong, nil), http.StatusBadRequest, "invalid_request")
	}
}

func TestAProxyThatStripsCookiesIsNamedInTheLogOnce(t *testing.T) {
	var log lockedBuffer
	p := start(t, func(c *server.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	b := newFront(t, p)
	ticket := b.ticket()
	b.wants(ticket, "PENDING")
	b.hold(nil)
	newFront(t, p).wants(ticket[:16]+strings.Repeat("A", 26), "INVALID") // none of ours
	if strings.Contains(log.String(), "strips") {
		t.Fatal("it warns too early")
	}
	for range 5 {
		b.wants(ticket, "INVALID")
	}
	if n := strings.Count(log.String(), "strips Cookie or Set-Cookie"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if strings.Contains(log.String(), ticket) {
		t.Error("the log holds the ticket")
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTicketsAreBoundedByAddress(t *testing.T) {
	p := start(t, func(c *server.Config) { c.Limits.Pairings = server.Rate{Every: time.Hour, Burst: 2} })
	b := newFront(t, p)
	b.ticket()
	b.ticket()
	a := b.call(http.MethodPost, "/web/auth/qr/ticket", nil)
	if b.refused(a, http.StatusTooManyRequests, "slow_down"); a.header.Get("Retry-After") == "" {
		t.Error("it is not told when to come back")
	}
}
