package server

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"hamconnect/qr"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// Client is a registered third-party app. SecretHash is of no use to callers.
type Client = oauth.Client

// User is a person who can sign in.
type User = oauth.User

// UserinfoAuth says what a client must send to userinfo.
type UserinfoAuth = oauth.UserinfoAuth

// The two settings of Client.UserinfoAuth.
const (
	UserinfoBoth   = oauth.UserinfoBoth
	UserinfoBearer = oauth.UserinfoBearer
)

// Dialect is the set of endpoints that a client speaks.
type Dialect = oauth.Dialect

// The two dialects.
const (
	Ham        = oauth.Ham
	OpenMaster = oauth.OpenMaster
)

// EnrollLifetime is how long an enrol link can be used.
const EnrollLifetime = 15 * time.Minute

// ErrNotFound is returned for a client or user that does not exist.
var ErrNotFound = store.ErrNotFound

// DefaultPublicURL is what a server on this machine is reached by, unless it
// is told otherwise.
const DefaultPublicURL = "http://localhost:8484"

// Admin is what an operator does with clients and users. It works on a data
// folder beside a running server, which sees the changes at once.
type Admin struct {
	db        *store.DB
	now       func() time.Time
	publicURL string
}

// Place is where a server's data are: in a folder, or in a database on
// PostgreSQL, whose address has the form of Config.Database.
type Place struct {
	DataDir  string
	Database string // in place of DataDir, unless it is empty
}

func (p Place) open(ctx context.Context) (*store.DB, error) {
	if p.Database != "" {
		return store.OpenPostgres(ctx, p.Database, nil, nil) // what administers needs none of the server's keys
	}
	return store.Open(ctx, p.DataDir)
}

// OpenAdmin opens the data, and makes them where there are none. publicURL is
// for enrol links; when empty it is that of the server that ran on them last,
// or DefaultPublicURL.
func OpenAdmin(ctx context.Context, place Place, publicURL string) (*Admin, error) {
	if publicURL != "" {
		var err error
		if publicURL, err = ParsePublicURL(publicURL); err != nil {
			return nil, err
		}
	}
	db, err := place.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := db.CheckFinished(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if publicURL == "" {
		publicURL, err = db.Setting(ctx, publicURLSetting)
		if errors.Is(err, store.ErrNotFound) {
			publicURL, err = DefaultPublicURL, nil
		}
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return &Admin{db: db, now: db.Now, publicURL: publicURL}, nil
}

// Close closes the database of an Admin that OpenAdmin gave.
func (a *Admin) Close() error { return a.db.Close() }

// PublicURL is where the server on this data is reached, as far as is known.
func (a *Admin) PublicURL() string { return a.publicURL }

// AddClient registers a client. The secret is given here, once.
func (a *Admin) AddClient(ctx context.Context, c Client) (Client, oauth.Secret, error) {
	if err := errors.Join(c.Validate(), a.known(ctx, c)); err != nil {
		return Client{}, "", err
	}
	c, secret := oauth.NewClient(a.now(), c)
	if err := a.db.AddClient(ctx, c); err != nil {
		return Client{}, "", fmt.Errorf("storing the client: %w", err)
	}
	return c, secret, nil
}

// Client gives one client, Clients all.
func (a *Admin) Client(ctx context.Context, id string) (Client, error) { return a.db.Client(ctx, id) }

// Clients gives all clients, oldest first.
func (a *Admin) Clients(ctx context.Context) ([]Client, error) { return a.db.Clients(ctx) }

// UpdateClient changes a client; a change that makes it invalid is refused. The
// dialect cannot change.
func (a *Admin) UpdateClient(ctx context.Context, id string, change func(*Client)) (Client, error) {
	registry, err := a.registry(ctx)
	if err != nil {
		return Client{}, err
	}
	return a.db.UpdateClient(ctx, id, func(c *Client) error {
		dialect := c.Dialect
		change(c)
		c.Dialect = dialect
		if dialect == oauth.OpenMaster {
			if _, err := oauth.RegistryScopes(c.Scopes.String(), registry); err != nil {
				return err
			}
		}
		return c.Validate()
	})
}

// RotateSecret gives a client a new secret; the old one stops working at once.
func (a *Admin) RotateSecret(ctx context.Context, id string) (oauth.Secret, error) {
	secret := oauth.NewSecret()
	_, err := a.db.UpdateClient(ctx, id, func(c *Client) error {
		c.SecretHash = secret.Hash()
		return nil
	})
	return secret, err
}

// DeleteClient removes a client; its codes and tokens die at once.
func (a *Admin) DeleteClient(ctx context.Context, id string) error {
	return a.db.DeleteClient(ctx, id)
}

// AddUser stores a user and gives the link that enrols their first device.
func (a *Admin) AddUser(ctx context.Context, u User) (User, string, error) {
	u.ID, u.Created = oauth.NewID(), a.now()
	if err := u.Validate(); err != nil {
		return User{}, "", err
	}
	enrolment, link := a.enrolment(u.ID)
	if err := taken(a.db.AddUser(ctx, u, enrolment)); err != nil {
		return User{}, "", fmt.Errorf("storing the user: %w", err)
	}
	return u, link, nil
}

// Enroll gives a new enrol link; one that was given before stops working.
func (a *Admin) Enroll(ctx context.Context, userID string) (string, error) {
	enrolment, link := a.enrolment(userID)
	return link, a.db.AddEnrolment(ctx, enrolment)
}

func (a *Admin) enrolment(userID string) (store.Enrolment, string) {
	var b [16]byte
	rand.Read(b[:])
	code := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	return store.Enrolment{CodeHash: oauth.Secret(code).Hash(), UserID: userID, Expires: a.now().Add(EnrollLifetime)},
		qr.EnrollLink(a.publicURL, code)
}

// User gives one user.
func (a *Admin) User(ctx context.Context, id string) (User, error) { return a.db.User(ctx, id) }

// Users gives all users, oldest first.
func (a *Admin) Users(ctx context.Context) ([]User, error) { return a.db.Users(ctx) }

// UpdateUser changes a user; a change that makes it invalid is refused. Who has
// a password keeps an email address.
func (a *Admin) UpdateUser(ctx context.Context, id string, change func(*User)) (User, error) {
	protected, err := a.db.HasPassword(ctx, id)
	if err != nil {
		return User{}, err
	}
	u, err := a.db.UpdateUser(ctx, id, func(u *User) error {
		change(u)
		if protected && u.Email == "" {
			return ErrNoEmail
		}
		return u.Validate()
	})
	return u, taken(err)
}

// ErrTaken is returned for an email address or a username that is somebody
// else's.
var ErrTaken = errors.New("the email address or the username belongs to somebody else, or did; 'ham user list' shows whose they are")

func taken(err error) error {
	if errors.Is(err, store.ErrExists) {
		return ErrTaken
	}
	return err
}

// SignOutUser ends all browser sessions of a user. Their Ham apps stay.
func (a *Admin) SignOutUser(ctx context.Context, id string) error {
	if _, err := a.db.User(ctx, id); err != nil {
		return err
	}
	return a.db.EndSessions(ctx, id)
}

// WayIn is a passkey or a Ham app of a user.
type WayIn struct {
	ID      string
	Passkey bool // otherwise a Ham app
	Name    string
	Created time.Time
	Used    time.Time // zero before the first time
}

// WaysIn gives a user's passkeys and then their Ham apps, oldest first.
func (a *Admin) WaysIn(ctx context.Context, userID string) ([]WayIn, error) {
	keys, err := a.db.Passkeys(ctx, userID)
	if err != nil {
		return nil, err
	}
	devices, err := a.db.Devices(ctx, userID)
	if err != nil {
		return nil, err
	}
	var ways []WayIn
	for _, k := range keys {
		ways = append(ways, WayIn{k.ID, true, k.Name, k.Created, k.LastUsed})
	}
	for _, d := range devices {
		ways = append(ways, WayIn{d.ID, false, d.Name, d.Created, d.Used})
	}
	return ways, nil
}

// RemoveWayIn removes a passkey or a Ham app of a user, and signs out the
// browsers that it had signed in. It may be the last: Enroll gives a new link.
func (a *Admin) RemoveWayIn(ctx context.Context, userID, id string) error {
	return a.db.RemoveWayIn(ctx, userID, id)
}

// DeleteUser removes a user with their devices; their tokens die at once.
func (a *Admin) DeleteUser(ctx context.Context, id string) error { return a.db.DeleteUser(ctx, id) }
