package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/cmd/ham/bench"
	"hamconnect/server"
)

// Names of load tests begin with what they are: those of one run, which it
// removes, and those that 'ham bench accounts' has made, which stay.
const (
	ofRun  = "R"
	ofFile = "K"
)

func runName() string  { return ofRun + rand.Text()[:12] }
func keptName() string { return ofFile + rand.Text()[:12] }

const (
	beatEvery  = 10 * time.Second
	deadAfter  = 2 * time.Minute // without a beat, and for clocks that differ
	removeFor  = 5 * time.Minute // at most, also after Ctrl-C
	mostPeople = 1_000_000
)

// accountMaker makes and removes the people of load tests.
type accountMaker struct {
	admin *server.Admin
	said  func(format string, args ...any)
}

func (m accountMaker) make(ctx context.Context, name string, users int) (bench.Accounts, error) {
	begun := time.Now()
	c, secret, err := m.admin.SyntheticClient(ctx, name)
	if err != nil {
		return bench.Accounts{}, err
	}
	accounts := bench.Accounts{
		Name: name, Server: m.admin.PublicURL(), ClientID: c.ID, ClientSecret: secret.Reveal(), RedirectURI: c.RedirectURIs[0],
		Keys: make([][]byte, users),
	}
	public := make([]ed25519.PublicKey, users)
	for i := range users {
		key, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return accounts, fmt.Errorf("making a key: %w", err)
		}
		public[i], accounts.Keys[i] = key, private.Seed()
	}
	if _, err := m.admin.SyntheticUsers(ctx, name, public, nil); err != nil {
		return accounts, fmt.Errorf("making people: %w", err)
	}
	m.said("made %d people and a client in %s", users, time.Since(begun).Round(time.Millisecond))
	return accounts, nil
}

// keepAlive says until stop is called that the run goes on.
func (m accountMaker) keepAlive(ctx context.Context, name string) (stop func(), err error) {
	if err := m.admin.BeatSynthetic(ctx, name); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(beatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = m.admin.BeatSynthetic(ctx, name) // one of several that is lost does no harm
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}, nil
}

// remove takes away what was made under a name, also once the run was told to
// stop.
func (m accountMaker) remove(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), removeFor)
	defer cancel()
	if err := m.admin.RemoveSynthetic(ctx, name, nil); err != nil {
		return fmt.Errorf("removing the people of the load test: %w; the next 'ham bench', or 'ham bench cleanup', removes them", err)
	}
	return nil
}

// removeLeftovers takes away what runs have left that were killed.
func (m accountMaker) removeLeftovers(ctx context.Context) error {
	all, err := m.admin.Synthetics(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name[:1] != ofRun || time.Since(later(all[name].Beat, all[name].Created)) < deadAfter {
			continue
		}
		m.said("removing what a load test has left that was killed: %d people", all[name].Users)
		if err := m.remove(name); err != nil {
			return err
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func newBenchAccounts(e *env) *cobra.Command {
	f := &adminFlags{}
	var users int
	cmd := &cobra.Command{
		Use:   "accounts --users N > FILE",
		Short: "Make people for a load test from another machine",
		Long: `accounts makes a client, and people with a Ham app each, and writes what it takes
to be them to standard output. Whoever has the file is these people: it is made
readable to you alone, and 'ham bench cleanup' makes it worthless.`,
		Example: "  ham bench accounts --data /var/lib/ham --users 1000 > accounts.json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if users < 1 || users > mostPeople {
				return usagef("--users: give 1 to %d", mostPeople)
			}
			if isTerminal(e.stdout) {
				return usagef("send this to a file: ham bench accounts --users %d > accounts.json", users)
			}
			if err := closeToOthers(e.stdout); err != nil {
				return err
			}
			return f.with(cmd.Context(), func(a *server.Admin) error {
				name := keptName()
				m := accountMaker{a, func(format string, args ...any) { fmt.Fprintf(e.stderr, "ham: "+format+"\n", args...) }}
				accounts, err := m.make(cmd.Context(), name, users)
				if err == nil {
					err = writeJSON(e.stdout, accounts)
				}
				if err != nil {
					return errors.Join(err, m.remove(name))
				}
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&users, "users", 100, "how many people")
	f.addPlace(cmd.Flags())
	return cmd
}

// closeToOthers makes a file readable to its owner alone, before there is a
// secret in it.
func closeToOthers(w io.Writer) error {
	file, ok := w.(*os.File)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil //nolint:nilerr // a pipe, whose reader sees to it
	}
	if err := file.Chmod(0o600); err != nil {
		return fmt.Errorf("making the file readable to you alone: %w", err)
	}
	return nil
}

// readAccounts reads a file of 'ham bench accounts'.
func readAccounts(name, public string) (a bench.Accounts, err error) {
	file, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return a, fmt.Errorf("reading the accounts: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return a, fmt.Errorf("reading the accounts: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return a, fmt.Errorf("the accounts in %s must be in a file that only you can read: chmod 600 %s", name, quote(name))
	}
	if a, err = bench.ReadAccounts(file); err != nil {
		return a, fmt.Errorf("reading %s: %w", name, err)
	}
	if a.Server != public {
		return a, fmt.Errorf("the accounts in %s are of the server at %s, and not of %s", name, a.Server, public)
	}
	return a, nil
}

func newBenchCleanup(e *env) *cobra.Command {
	f := &adminFlags{}
	cmd := &cobra.Command{
		Use:     "cleanup",
		Short:   "Remove all people and clients of load tests",
		Long:    "cleanup removes everything that load tests have made, also what 'ham bench\naccounts' has written to files. A load test that goes on fails then.",
		Example: "  ham bench cleanup --data /var/lib/ham",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				all, err := a.Synthetics(cmd.Context())
				if err != nil {
					return err
				}
				users := 0
				for _, name := range slices.Sorted(maps.Keys(all)) {
					if err := a.RemoveSynthetic(cmd.Context(), name, nil); err != nil {
						return err
					}
					users += all[name].Users
				}
				_, err = fmt.Fprintf(e.stdout, "Removed %d load tests with %d people.\n", len(all), users)
				return err
			})
		},
	}
	f.addPlace(cmd.Flags())
	return cmd
}
