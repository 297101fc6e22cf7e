package hamweb

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/web"
)

func TestEveryRefusalHasAMessageInEachLanguage(t *testing.T) {
	pages, err := web.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := []*Refusal{
		errRequest, errName, errScopes, errAge, errCode, errSignedOut, errToken, errTokenScope, errOrigin, errNotAllowed,
		errNotFound, errMethod, errNonce, errChanged, errFull, errTooLarge, errTooMany, Failed,
	}
	for _, err := range []error{
		&oauth.PageError{Parameter: "client_id"}, &oauth.PageError{Parameter: "redirect_uri"}, &oauth.PageError{Parameter: "request"},
		&oauth.RedirectError{Refusal: &oauth.Error{}}, fmt.Errorf("asking: %w", browser.ErrSignedOut),
	} {
		all = append(all, AsRefusal(err))
	}
	for _, refusal := range all {
		messages := map[string]bool{}
		for _, language := range []string{"en", "zh", "ja"} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept-Language", language)
			message := refusal.Message(pages.Texts(r))
			if strings.Contains(message, "hamweb.") || message == "" {
				t.Errorf("%s has no message in %s", refusal.Code, language)
			}
			messages[message] = true
		}
		if len(messages) != 3 {
			t.Errorf("%s is not translated", refusal.Code)
		}
	}
}

// FuzzHeld: whatever a browser brings, what is read of it is what this server
// would write, and no ticket counts that it did not make.
func FuzzHeld(f *testing.F) {
	codes := pairing.NewCodes([32]byte{1})
	h := &Web{Codes: codes, Keeper: Keep(browser.Keeper{Key: [32]byte{2}, Now: time.Now})}
	id := pairing.NewID()
	good := "~" + id + "." + codes.NewSecret(pairing.KindTicket, id, time.Now(), pairing.Request{})
	session := h.Keeper.Value(h.Keeper.Session, "abc", "secret")
	for _, seed := range []string{"", "~", good, session, session + good, session + good + good, good + "~x.y", "a.b.c" + good, strings.Repeat(good, 5)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := &http.Request{Header: http.Header{"Cookie": {"ham_session=" + value}}, URL: &url.URL{}}
		b := h.held(r)
		for _, ticket := range b.tickets {
			if _, err := codes.OpenSecret(pairing.KindTicket, ticket.id, ticket.secret.Reveal()); err != nil || b.ticket(ticket.id) == "" {
				t.Fatalf("%q holds a ticket that is none", value)
			}
		}
		if len(b.tickets) > maxTickets || len(b.tickets) > 0 && !strings.HasSuffix(value, b.value()[len(b.session):]) {
			t.Fatalf("%q was read as %q", value, b.value())
		}
		if id, _ := h.Keeper.Open(h.Keeper.Session, b.session); id != "" && h.Keeper.Value(h.Keeper.Session, id, "secret") != b.session && id == "abc" {
			t.Fatalf("%q opens a session that was not given", value)
		}
	})
}
