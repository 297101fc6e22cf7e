package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hamconnect/cmd/ham/library"
	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/tui/client"
)

// cast is who takes part in a demo whose data is kept. It holds no secret.
type cast struct {
	ClientID string `json:"client_id"`
	UserID   string `json:"user_id"`
}

// register makes the app and the person, or finds those of the last time. The
// app's secret is made anew each time and lives in memory only.
func (s *stage) register(ctx context.Context, dir string) (library.Config, error) {
	path := filepath.Join(dir, "demo.json")
	c, err := readCast(path)
	if err != nil {
		return library.Config{}, err
	}
	admin := s.provider.Admin()
	if c.ClientID == "" {
		if c, err = s.newCast(ctx, admin); err != nil {
			return library.Config{}, err
		}
		text, err := json.Marshal(c)
		if err != nil {
			return library.Config{}, err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return library.Config{}, err
		}
	}
	_, err = admin.UpdateClient(ctx, c.ClientID, func(client *server.Client) {
		client.RedirectURIs = []string{s.libraryURL + "/callback"} // the port may be another than last time
		client.IconURL = s.libraryURL + "/icon.png"
		client.Homepage = s.libraryURL
	})
	if err != nil {
		return library.Config{}, fmt.Errorf("finding the demo's app: %w; remove %s to begin anew", err, dir)
	}
	secret, err := admin.RotateSecret(ctx, c.ClientID)
	if err != nil {
		return library.Config{}, err
	}
	if _, err := admin.UpdateUser(ctx, c.UserID, func(u *server.User) { u.AvatarURL = s.libraryURL + "/people/lin.png" }); err != nil {
		return library.Config{}, fmt.Errorf("finding the demo's person: %w; remove %s to begin anew", err, dir)
	}
	s.userID = c.UserID
	return library.Config{Provider: s.publicURL, ClientID: c.ClientID, ClientSecret: secret.Reveal(), URL: s.libraryURL}, nil
}

func readCast(path string) (c cast, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // the demo's own file
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("reading %s: %w; remove its folder to begin anew", path, err)
	}
	return c, nil
}

func (s *stage) newCast(ctx context.Context, admin *server.Admin) (cast, error) {
	app, _, err := admin.AddClient(ctx, server.Client{
		Name: "Campus Library", RedirectURIs: []string{s.libraryURL + "/callback"},
		Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	})
	if err != nil {
		return cast{}, err
	}
	person, _, err := admin.AddUser(ctx, server.User{Nickname: "Lin", IsStudent: true})
	if err != nil {
		return cast{}, err
	}
	return cast{app.ID, person.ID}, nil
}

// signIn makes sure that the person's Ham app is signed in to this provider.
func (s *stage) signIn(ctx context.Context) error {
	options := client.Options{Dir: s.configFolder, DeviceName: "Demo phone", Replace: true}
	account, err := client.Load(options)
	if err == nil && account.Server == s.publicURL {
		if _, err := account.Me(ctx); err == nil {
			s.account = account
			return nil
		}
	}
	text, err := s.provider.Admin().Enroll(ctx, s.userID)
	if err != nil {
		return err
	}
	link, err := qr.ParseLink(text)
	if err != nil {
		return err
	}
	s.account, err = client.Enroll(ctx, link, options)
	return err
}
