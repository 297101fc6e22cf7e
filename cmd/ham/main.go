// Command ham is Ham Connect in one binary: the provider (ham serve), the Ham
// app for the terminal (ham app, ham approve), and a sandbox (ham demo).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	err := run(untilSignal(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(exitCode(err))
}

// untilSignal gives a context that ends when the program is asked to stop. Who
// asks a second time is not kept waiting: that ends the program, from before
// anything can be seen of the first time.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-asked
		signal.Stop(asked)
		cancel()
	}()
	return ctx
}

// env is what every command is given of the world.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	// interactive says that a person can be asked: they type on stdin and
	// read stderr.
	interactive bool
}

// run is the whole program. The error has been reported on stderr already;
// exitCode says what it means to the shell.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	return execute(ctx, args, &env{
		stdin: stdin, stdout: stdout, stderr: stderr,
		interactive: isTerminal(stdin) && isTerminal(stderr),
	})
}

func execute(ctx context.Context, args []string, e *env) error {
	root := newRootCommand(e)
	reached := false
	finish(root, &reached)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil {
		if !reached { // cobra has one kind of error for all that is wrong before a command runs
			err = &usageError{err}
		}
		report(e.stderr, cmd, err)
	}
	return err
}

// finish goes over all commands: each notes that it was reached, and those
// that only hold others say which they have, as cobra does for the root only.
func finish(cmd *cobra.Command, reached *bool) {
	for _, c := range cmd.Commands() {
		finish(c, reached)
	}
	switch inner := cmd.RunE; {
	case inner != nil:
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*reached = true
			return inner(cmd, args)
		}
	case cmd.HasSubCommands():
		cmd.SuggestionsMinimumDistance = 2
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		}
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	text := fmt.Sprintf("there is no command %q", cmd.CommandPath()+" "+name)
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text)
}

const (
	groupApp    = "app"
	groupServer = "server"
)

func newRootCommand(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "ham",
		Short: "Sign in with Ham: provider, terminal app and sandbox",
		Long: "ham is Ham Connect in one program: an OAuth 2.0 provider with scan-to-sign-in,\n" +
			"the Ham app for the terminal, and a sandbox to try both.",
		Example:       "  ham login https://ham.example/enroll/CODE\n  ham approve screenshot.png",
		Version:       version(),
		SilenceErrors: true, // report writes them
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // so that finish words what is unknown
	}
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return plainFlagError(err) })
	root.SetVersionTemplate("ham {{.Version}}\n")
	root.AddGroup(
		&cobra.Group{ID: groupApp, Title: "The Ham app:"},
		&cobra.Group{ID: groupServer, Title: "The provider:"},
	)
	for _, c := range commands {
		root.AddCommand(c(e))
	}
	return root
}

// commands has one constructor for each command, in the order of the help.
var commands = []func(*env) *cobra.Command{
	newAppCommand,
	newApproveCommand,
	newWatchCommand,
	newLoginCommand,
	newWhoamiCommand,
	newNoticesCommand,
	newAppsCommand,
	newDevicesCommand,
	newPasskeysCommand,
	newPasskeyCommand,
	newSessionsCommand,
	newActivityCommand,
	newProfileCommand,
	newAccountCommand,
	newAccountsCommand,
	newLogoutCommand,
	newKeyCommand,
	newSchemaCommand,
	newDemoCommand,
	newServeCommand,
	newClientCommand,
	newUserCommand,
	newScopeCommand,
	newExportCommand,
	newImportCommand,
	newBenchCommand,
}

// plainFlagError says what a flag takes, where pflag tells of the functions that
// have read it.
func plainFlagError(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	takes := map[string]string{"int": "a whole number", "duration": "a length of time, such as 90s or 2h30m", "bool": "true or false"}
	kind, ok := takes[invalid.GetFlag().Value.Type()]
	if !ok {
		return err
	}
	return fmt.Errorf("--%s takes %s, and not %q", invalid.GetFlag().Name, kind, invalid.GetValue())
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	v, revision := info.Main.Version, ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			revision = " " + s.Value[:12]
		}
	}
	return fmt.Sprintf("%s%s (%s)", v, revision, info.GoVersion)
}

func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}
