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

// cast is who takes part in a demo whose data is kept: a person, and Campus
// Library once for each dialect, as clients speak one. It holds no secret.
type cast struct {
	ClientID     string `json:"client_id,omitempty"` // of Ham's dialect
	OpenMasterID string `json:"openmaster_client_id,omitempty"`
	ConsoleID    string `json:"console_client_id,omitempty"` // of Ham Web
	UserID       string `json:"user_id"`
}

// castFile is kept beside the provider's data.
const castFile = "demo.json"

// client is where the id of a dialect's client is kept.
func (c *cast) client(d server.Dialect) *string {
	if d == server.OpenMaster {
		return &c.OpenMasterID
	}
	return &c.ClientID
}

// register makes the app and the person, or finds those of the last time. The
// app's secret is made anew each time and lives in memory only.
func (s *stage) register(ctx context.Context, dir string) (library.Config, error) {
	path := filepath.Join(dir, castFile)
	c, err := readCast(path)
	if err != nil {
		return library.Config{}, err
	}
	admin := s.provider.Admin()
	id := c.client(s.dialect)
	if *id == "" {
		if err := s.fill(ctx, admin, &c); err != nil {
			return library.Config{}, err
		}
		if err := c.write(path); err != nil {
			return library.Config{}, err
		}
	}
	_, err = admin.UpdateClient(ctx, *id, func(client *server.Client) {
		client.RedirectURIs = []string{s.libraryURL + "/callback"} // the port may be another than last time
		client.IconURL = s.libraryURL + "/icon.png"
		client.Homepage = s.libraryURL
	})
	if err != nil {
		return library.Config{}, fmt.Errorf("finding the demo's app: %w; remove %s to begin anew", err, dir)
	}
	secret, err := admin.RotateSecret(ctx, *id)
	if err != nil {
		return library.Config{}, err
	}
	if _, err := admin.UpdateUser(ctx, c.UserID, s.dress); err != nil {
		return library.Config{}, fmt.Errorf("finding the demo's person: %w; remove %s to begin anew", err, dir)
	}
	s.userID = c.UserID
	config := library.Config{Provider: s.publicURL, Dialect: library.Ham{}, ClientID: *id, ClientSecret: secret.Reveal(), URL: s.libraryURL}
	if s.dialect == server.OpenMaster {
		config.Dialect = library.OpenMaster{}
	}
	return config, nil
}

// dress gives the person what apps of the demo's dialect see of people, and
// leaves what was changed since the last time.
func (s *stage) dress(u *server.User) {
	u.AvatarURL = s.libraryURL + "/people/lin.png"
	if s.dialect != server.OpenMaster {
		return
	}
	if u.Email == "" {
		u.Email = "lin@campus.example"
	}
	if u.Username == "" {
		u.Username = "lin"
	}
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

func (c cast) write(path string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// fill adds who is missing from c for the demo's dialect.
func (s *stage) fill(ctx context.Context, admin *server.Admin, c *cast) error {
	app := server.Client{
		Name: "Campus Library", Dialect: s.dialect, RedirectURIs: []string{s.libraryURL + "/callback"},
		Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	}
	if s.dialect == server.OpenMaster {
		app.Scopes = server.OpenMasterScopes()
	}
	app, _, err := admin.AddClient(ctx, app)
	if err != nil {
		return err
	}
	*c.client(s.dialect) = app.ID
	if c.UserID != "" {
		return nil
	}
	person, _, err := admin.AddUser(ctx, server.User{Nickname: "Lin", IsStudent: true})
	if err != nil {
		return err
	}
	c.UserID = person.ID
	return nil
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
