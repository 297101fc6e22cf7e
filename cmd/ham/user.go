package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/tui/client"
)

func newUserCommand(e *env) *cobra.Command {
	f := &adminFlags{}
	cmd := &cobra.Command{
		Use:     "user",
		Short:   "Add and change people who can sign in",
		Long:    "user adds the people who sign in, and gives them links that enrol their Ham\napp. It works beside a running server, which sees every change at once.",
		Example: "  ham user add --nickname Lin --student\n  ham user enroll USER_ID",
		GroupID: groupServer,
	}
	f.add(cmd)
	cmd.AddCommand(
		newUserAdd(e, f), newUserList(e, f), newUserShow(e, f), newUserUpdate(e, f), newUserEnroll(e, f),
		newUserSwitch(e, f, "disable", true), newUserSwitch(e, f, "enable", false), newUserSignOut(e, f), newUserRemove(e, f), newUserDelete(e, f),
		newUserSetPassword(e, f), newUserRemovePassword(e, f),
	)
	return cmd
}

type userFlags struct {
	nickname, avatar, email, username string
	student                           bool
}

func (u *userFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&u.nickname, "nickname", "", "how the person is called, at most 64 characters")
	flags.StringVar(&u.avatar, "avatar-url", "", "address of their picture (PNG, JPEG, GIF or WebP)")
	flags.BoolVar(&u.student, "student", false, "they are a student")
	flags.StringVar(&u.email, "email", "", "their email address, which you have verified; for apps of the openmaster dialect")
	flags.StringVar(&u.username, "username", "", "their username (a-z, 0-9, and _ . -), for apps of the openmaster dialect")
}

func (u *userFlags) apply(to *server.User, given func(flag string) bool) error {
	if given("nickname") {
		to.Nickname = u.nickname
	}
	if given("avatar-url") {
		to.AvatarURL = u.avatar
	}
	if given("student") {
		to.IsStudent = u.student
	}
	if given("email") {
		to.Email = u.email
	}
	if given("username") {
		to.Username = u.username
	}
	if err := to.Validate(); err != nil {
		return &usageError{err}
	}
	return nil
}

func addPublicURLFlag(cmd *cobra.Command, f *adminFlags) {
	cmd.Flags().StringVar(&f.publicURL, "public-url", envOr("HAM_PUBLIC_URL", ""), "where the enrol link leads (default: where 'ham serve' last ran with this data, or "+server.DefaultPublicURL+")")
}

func newUserAdd(e *env, f *adminFlags) *cobra.Command {
	var u userFlags
	cmd := &cobra.Command{
		Use:     "add --nickname NAME",
		Short:   "Add a person and show the link that enrols their Ham app",
		Example: "  ham user add --nickname Lin --student --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if u.nickname == "" {
				return usagef("give --nickname")
			}
			var added server.User
			if err := u.apply(&added, func(string) bool { return true }); err != nil {
				return err
			}
			f.makes = true
			return f.with(cmd.Context(), func(a *server.Admin) error {
				added, link, err := a.AddUser(cmd.Context(), added)
				if err != nil {
					return err
				}
				return writeEnrollLink(e, f, added.ID, link)
			})
		},
	}
	u.add(cmd.Flags())
	addPublicURLFlag(cmd, f)
	return cmd
}

func writeEnrollLink(e *env, f *adminFlags, id, link string) error {
	if f.json {
		return writeJSON(e.stdout, map[string]string{"user_id": id, "enroll_link": link})
	}
	if isTerminal(e.stdout) {
		if code, err := qr.Encode(link); err == nil {
			fmt.Fprintln(e.stdout, code.Terminal(true))
		}
	}
	_, err := fmt.Fprintf(e.stdout, "user_id      %s\nenroll_link  %s\n\nThe link works once, for %d minutes: ham login %s\n", id, link, int(server.EnrollLifetime.Minutes()), link)
	return err
}

func newUserEnroll(e *env, f *adminFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "enroll USER_ID",
		Short:   "Make a new enrol link; an earlier one stops working",
		Example: "  ham user enroll 7hq… --json",
		Args:    exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				link, err := a.Enroll(cmd.Context(), args[0])
				if err != nil {
					return noUser(err, args[0])
				}
				return writeEnrollLink(e, f, args[0], link)
			})
		},
	}
	addPublicURLFlag(cmd, f)
	return cmd
}

func noUser(err error, id string) error {
	return notFound(err, "user with the id", id, "ham user list")
}

type userJSON struct {
	UserID    string    `json:"user_id"`
	Nickname  string    `json:"nickname"`
	AvatarURL string    `json:"avatar_url,omitempty"`
	IsStudent bool      `json:"is_student"`
	Email     string    `json:"email,omitempty"`
	Username  string    `json:"username,omitempty"`
	Disabled  bool      `json:"disabled"`
	Created   time.Time `json:"created"`

	Leaves   *time.Time `json:"deleted_at,omitempty"` // when a deactivated account is
	Password bool       `json:"password,omitempty"`   // there is one; only with show
	WaysIn   []wayJSON  `json:"ways_in,omitempty"`
}

func asUserJSON(u server.User) userJSON {
	out := userJSON{UserID: u.ID, Nickname: u.Nickname, AvatarURL: u.AvatarURL, IsStudent: u.IsStudent, Email: u.Email, Username: u.Username, Disabled: u.Disabled, Created: u.Created}
	if !u.Leaves.IsZero() {
		out.Leaves = &u.Leaves
	}
	return out
}

func newUserList(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all people", Example: "  ham user list --json", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				all, err := a.Users(cmd.Context())
				if err != nil {
					return err
				}
				if f.json {
					out := make([]userJSON, len(all))
					for i, u := range all {
						out[i] = asUserJSON(u)
					}
					return writeJSON(e.stdout, out)
				}
				if len(all) == 0 {
					_, err := fmt.Fprintln(e.stdout, "Nobody yet. Add somebody: ham user add --nickname NAME")
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "USER ID\tNICKNAME\tSTATE\tSTUDENT\tUSERNAME\tEMAIL")
				for _, u := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%t\t%s\t%s\n", u.ID, client.Clean(u.Nickname), userState(u), u.IsStudent, u.Username, u.Email)
				}
				return table.Flush()
			})
		},
	}
}

func newUserShow(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "show USER_ID", Short: "Show one person", Example: "  ham user show 7hq…", Args: exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				u, err := a.User(cmd.Context(), args[0])
				if err != nil {
					return noUser(err, args[0])
				}
				ways, err := a.WaysIn(cmd.Context(), u.ID)
				if err != nil {
					return err
				}
				password, err := a.HasPassword(cmd.Context(), u.ID)
				if err != nil {
					return err
				}
				return showUser(e, f, u, ways, password)
			})
		},
	}
}

func showUser(e *env, f *adminFlags, u server.User, ways []server.WayIn, password bool) error {
	if f.json {
		out := asUserJSON(u)
		out.WaysIn, out.Password = asWaysJSON(ways), password
		return writeJSON(e.stdout, out)
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "user_id\t%s\nnickname\t%s\nstate\t%s\npicture\t%s\nstudent\t%t\nemail\t%s\nusername\t%s\ncreated\t%s\n",
		u.ID, client.Clean(u.Nickname), userState(u), orNone(u.AvatarURL), u.IsStudent, orNone(u.Email), orNone(u.Username), u.Created.Local().Format(time.DateTime))
	if password {
		fmt.Fprintln(table, "password\tfor apps of the openmaster dialect")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return showWays(e, ways)
}

func newUserUpdate(e *env, f *adminFlags) *cobra.Command {
	var u userFlags
	cmd := &cobra.Command{
		Use:     "update USER_ID",
		Short:   "Change what is known of a person",
		Example: "  ham user update 7hq… --nickname \"Lin Yue\" --student=false",
		Args:    exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !anyFlag(cmd) {
				return usagef("say what to change, such as --nickname")
			}
			return f.with(cmd.Context(), func(a *server.Admin) error {
				var wrong error
				changed, err := a.UpdateUser(cmd.Context(), args[0], func(to *server.User) {
					wrong = u.apply(to, cmd.Flags().Changed)
				})
				if wrong != nil {
					return wrong
				}
				if err != nil {
					return noUser(err, args[0])
				}
				return showUser(e, f, changed, nil, false)
			})
		},
	}
	u.add(cmd.Flags())
	return cmd
}

func newUserSwitch(e *env, f *adminFlags, name string, disabled bool) *cobra.Command {
	short := "Let a person sign in again"
	if disabled {
		short = "Stop a person: no sign-in, and their tokens are refused"
	}
	return &cobra.Command{
		Use: name + " USER_ID", Short: short, Example: "  ham user " + name + " 7hq…", Args: exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				u, err := a.UpdateUser(cmd.Context(), args[0], func(u *server.User) { u.Disabled = disabled })
				if err != nil {
					return noUser(err, args[0])
				}
				return said(e, f, u.ID, "user_id", fmt.Sprintf("%s is %s.", client.Clean(u.Nickname), onOff(u.Disabled)))
			})
		},
	}
}

func newUserDelete(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "delete USER_ID", Short: "Remove a person with their devices and tokens", Example: "  ham user delete 7hq…", Args: exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if err := a.DeleteUser(cmd.Context(), args[0]); err != nil {
					return noUser(err, args[0])
				}
				return said(e, f, args[0], "user_id", "Deleted.")
			})
		},
	}
}

func newUserSignOut(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "sign-out USER_ID", Short: "Sign a person out of all browsers; their Ham apps stay signed in",
		Example: "  ham user sign-out 7hq…", Args: exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if err := a.SignOutUser(cmd.Context(), args[0]); err != nil {
					return noUser(err, args[0])
				}
				return said(e, f, args[0], "user_id", "Signed out of all browsers.")
			})
		},
	}
}
