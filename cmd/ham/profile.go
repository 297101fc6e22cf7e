package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func newProfileCommand(e *env) *cobra.Command {
	return newFamily(e, &cobra.Command{
		Use:     "profile",
		Short:   "Show and change your nickname, picture and language",
		Example: "  ham profile\n  ham profile set --nickname Lin --language en",
	}, newProfileShow, newProfileSet)
}

// profileJSON is the output of ham profile show --json and ham profile set --json.
type profileJSON struct {
	Server     string     `json:"server"`
	UserID     string     `json:"user_id"`
	Nickname   string     `json:"nickname"`
	Language   string     `json:"language"`   // en, zh or ja; empty: as the browser asks
	AvatarURL  string     `json:"avatar_url"` // of the picture; empty if there is none
	IsStudent  bool       `json:"is_student"`
	MayBeAsked bool       `json:"may_be_asked"`         // browsers that know the person may ask their Ham apps
	Leaves     *time.Time `json:"deleted_at,omitempty"` // when a deactivated account is deleted
}

func writeProfile(ctx context.Context, e *env, asJSON bool, account *client.Account) error {
	me, err := account.Me(ctx)
	switch {
	case err != nil:
		return err
	case asJSON:
		return writeJSON(e.stdout, profileJSON{account.Server, me.UserID, me.Nickname, me.Language, me.AvatarURL, me.IsStudent, me.MayBeAsked, me.Leaves})
	}
	language := "as the browser asks"
	if me.Language != "" {
		language = me.Language
	}
	yesNo := map[bool]string{true: "yes", false: "no"}
	out := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "nickname\t%s\nlanguage\t%s\npicture\t%s\nstudent\t%s\nmay be asked\t%s\nserver\t%s\nuser id\t%s\n",
		me.Nickname, language, orNone(me.AvatarURL), yesNo[me.IsStudent], yesNo[me.MayBeAsked], account.Server, me.UserID)
	if me.Leaves != nil {
		fmt.Fprintf(out, "deleted\ton %s, unless you keep the account: ham account keep\n", minute(*me.Leaves))
	}
	return out.Flush()
}

func newProfileShow(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show what the server knows you as",
		Example: "  ham profile show\n  ham profile show --json | jq -r '.deleted_at // \"stays\"'",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			return writeProfile(ctx, e, f.json, account)
		}),
	}
}

var languages = []string{"en", "zh", "ja"}

// profileChange is what ham profile set was told.
type profileChange struct {
	nickname, language, picture string
	noPicture, mayBeAsked       bool
	given                       func(flag string) bool
}

func newProfileSet(e *env, f *appFlags) *cobra.Command {
	var c profileChange
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Change your nickname, picture or language",
		Long: "set changes what its flags name, leaves the rest, and shows what it is then. The\n" +
			"picture may be PNG, JPEG, GIF or WebP; its pixels are kept, 512 by 512, and nothing\n" +
			"else of the file. Apps see the change when they ask the next time.",
		Example:           "  ham profile set --nickname \"Lin Yue\"\n  ham profile set --language \"\" --picture me.jpg",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			c.given = cmd.Flags().Changed
			return c.check()
		},
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			if err := c.apply(ctx, account); err != nil {
				return err
			}
			return writeProfile(ctx, e, f.json, account)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.nickname, "nickname", "", "what you are called, 1 to 64 characters")
	flags.StringVar(&c.language, "language", "", "of the pages: en, zh or ja; \"\" for what the browser asks")
	flags.StringVar(&c.picture, "picture", "", "file of your picture, up to 6 MB")
	flags.BoolVar(&c.mayBeAsked, "may-be-asked", false, "let browsers that know you ask your Ham apps; =false stops that")
	flags.BoolVar(&c.noPicture, "no-picture", false, "have no picture")
	cmd.MarkFlagsMutuallyExclusive("picture", "no-picture")
	cmd.RegisterFlagCompletionFunc("language", cobra.FixedCompletions(languages, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	cmd.RegisterFlagCompletionFunc("nickname", cobra.NoFileCompletions)                                               //nolint:errcheck // the flag is there
	cmd.MarkFlagFilename("picture", "png", "jpg", "jpeg", "gif", "webp")                                              //nolint:errcheck // the flag is there
	return cmd
}

func (c *profileChange) check() error {
	if !c.given("nickname") && !c.given("language") && !c.given("picture") && !c.noPicture && !c.given("may-be-asked") {
		return usagef("say what to change: --nickname, --language, --picture, --no-picture or --may-be-asked")
	}
	switch c.language {
	case "", "en", "zh", "ja":
		return nil
	}
	return usagef("--language takes en, zh, ja, or \"\" for what the browser asks")
}

// apply sends the picture first: it is what a server may refuse for reasons
// that cannot be seen from here.
func (c *profileChange) apply(ctx context.Context, account *client.Account) error {
	if c.given("picture") {
		file, err := client.ReadPicture(c.picture)
		if err != nil {
			return &usageError{fmt.Errorf("reading the picture: %w", err)}
		}
		if err := account.SetPicture(ctx, file); err != nil {
			return err
		}
	}
	if c.noPicture {
		if err := account.RemovePicture(ctx); err != nil {
			return err
		}
	}
	if c.given("may-be-asked") {
		if err := account.AllowRequests(ctx, c.mayBeAsked); err != nil {
			return err
		}
	}
	if !c.given("nickname") && !c.given("language") {
		return nil
	}
	var profile pairing.Profile
	if c.given("nickname") {
		profile.Nickname = &c.nickname
	}
	if c.given("language") {
		profile.Language = &c.language
	}
	err := account.SetProfile(ctx, profile)
	if err != nil && (c.given("picture") || c.noPicture) {
		err = fmt.Errorf("the picture is changed, and nothing else: %w", err)
	}
	return err
}
