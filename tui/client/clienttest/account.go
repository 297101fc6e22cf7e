package clienttest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
)

// grant notes that an app was allowed something; s.mu is held.
func (s *Server) grant(r pairing.Request, scopes []string) {
	s.revoke(r.ClientID)
	g := pairing.AppGrant{ClientID: r.ClientID, Name: r.AppName, Scopes: asked(r).Scopes, Since: s.now(), Used: s.now()}
	g.Scopes = slices.DeleteFunc(g.Scopes, func(sc pairing.Scope) bool { return !slices.Contains(scopes, sc.Name) })
	s.apps = append(s.apps, g)
	slices.SortFunc(s.apps, func(a, b pairing.AppGrant) int { return strings.Compare(a.Name, b.Name) })
}

func (s *Server) revoke(clientID string) {
	s.apps = slices.DeleteFunc(s.apps, func(g pairing.AppGrant) bool { return g.ClientID == clientID })
}

// account answers what concerns Ada's apps.
func (s *Server) account(r *http.Request, path string) (any, error) {
	if path == "apps" {
		s.mu.Lock()
		defer s.mu.Unlock()
		return pairing.Page[pairing.AppGrant]{Items: slices.Clone(s.apps)}, nil
	}
	named, err := read[pairing.Named](r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoke(named.ID)
	s.wake()
	return nil, nil
}

// events tells a listening app of every change, until the server is closed.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "" }}
	connection, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer connection.Close()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _, _ = connection.NextReader() // nothing is expected but the end
	}()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if connection.WriteJSON(pairing.News{Changed: true}) != nil {
			return
		}
		select {
		case <-changed:
		case <-gone:
			return
		case <-time.After(time.Minute): // a listener takes silence for the end
		}
	}
}
