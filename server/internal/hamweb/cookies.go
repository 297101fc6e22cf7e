package hamweb

import (
	"net/http"
	"strings"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

const (
	maxTickets = 4 // that one browser keeps: tabs, and pages that were loaded anew
	maxSession = 700
	ticketLife = 10 * time.Minute // longer than a pairing can last
)

// held is what a browser holds; see the package's comment for its form.
type held struct {
	session string // the part of ham_session that stands for a session
	refresh string
	tickets []heldTicket // the newest first
	any     bool         // there was a ham_session at all
}

// heldTicket is the secret of one ticket, by the id of its pairing.
type heldTicket struct {
	id     string
	secret oauth.Secret
}

// held reads the cookies strictly. Of two that have the same name one was
// planted, by another host of the same site or by plain http, and nobody knows
// which: then neither counts. A ticket's secret bears the server's own seal
// over it and the pairing's id, so none can be made up.
func (h *Web) held(r *http.Request) (b held) {
	sessions, refreshes := r.CookiesNamed(h.Keeper.Session), r.CookiesNamed(h.Keeper.Refresh)
	if len(refreshes) == 1 {
		b.refresh = refreshes[0].Value
	}
	b.any = len(sessions) > 0
	if len(sessions) != 1 || len(sessions[0].Value) > maxSession {
		return b
	}
	first, rest, more := strings.Cut(sessions[0].Value, "~")
	b.session = first
	if !more {
		return b
	}
	for part := range strings.SplitSeq(rest, "~") {
		id, secret, _ := strings.Cut(part, ".")
		_, err := h.Codes.OpenSecret(pairing.KindTicket, id, secret)
		if err != nil || len(b.tickets) == maxTickets || !pairing.ValidID(id) {
			b.tickets = nil
			return b
		}
		b.tickets = append(b.tickets, heldTicket{id, oauth.Secret(secret)})
	}
	return b
}

// ticket gives the secret of a pairing's ticket, empty if this browser has none.
func (b held) ticket(id string) oauth.Secret {
	for _, t := range b.tickets {
		if t.id == id {
			return t.secret
		}
	}
	return ""
}

// keepTicket gives the browser one more ticket's secret, beside what it holds.
func (h *Web) keepTicket(w http.ResponseWriter, b held, t heldTicket) {
	age := ticketLife
	if id, _ := h.Keeper.Open(h.Keeper.Session, b.session); id != "" {
		age = session.Life
	} else {
		b.session = ""
	}
	b.tickets = append([]heldTicket{t}, b.tickets[:min(len(b.tickets), maxTickets-1)]...)
	h.Keeper.Set(w, h.Keeper.Session, b.value(), int(age.Seconds()))
}

// signIn gives the browser a session's cookies, in the place of those of one
// that it had before. The secrets of its tickets stay.
func (h *Web) signIn(w http.ResponseWriter, r *http.Request, b held, s session.Session, pair session.Pair) {
	h.Keeper.Replace(r.Context(), b.session, b.refresh, s)
	h.setPair(w, b, s, pair)
}

func (h *Web) setPair(w http.ResponseWriter, b held, s session.Session, pair session.Pair) {
	k, age := h.Keeper, int(session.Life.Seconds())
	b.session = k.Value(k.Session, s.ID, pair.Secret)
	k.Set(w, k.Session, b.value(), age)
	k.Set(w, k.Refresh, k.Value(k.Refresh, s.ID, pair.Refresh), age)
}

func (b held) value() string {
	value := b.session
	for _, t := range b.tickets {
		value += "~" + t.id + "." + t.secret.Reveal()
	}
	return value
}
