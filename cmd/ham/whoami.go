package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"hamconnect/tui/client"
)

func newWhoamiCommand(e *env) *cobra.Command {
	var options client.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "whoami",
		Short: "Say who this device is signed in as",
		Long: "whoami asks the server, so it also tells whether the sign-in still holds. Notices that\n" +
			"were not seen on this device yet are told too, and stay: see 'ham notices'.",
		Example: "  ham whoami\n  ham whoami --json | jq -r .nickname",
		GroupID: groupApp,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := client.Load(options)
			if err != nil {
				return err
			}
			me, err := account.Me(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(e.stdout).Encode(whoami{
					account.Server, me.UserID, me.Nickname, me.AvatarURL, me.IsStudent, me.DeviceID, me.DeviceName, asNoticesJSON(me.Notices),
				})
			}
			if _, err = fmt.Fprintf(e.stdout, "%s on %s, device %q\n", me.Nickname, account.Server, me.DeviceName); err != nil || len(me.Notices) == 0 {
				return err
			}
			if _, err = fmt.Fprintln(e.stdout); err != nil {
				return err
			}
			return writeNotices(e.stdout, account, me.Notices, options, howToSee(options))
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// whoami is the output of ham whoami --json.
type whoami struct {
	Server     string `json:"server"`
	UserID     string `json:"user_id"`
	Nickname   string `json:"nickname"`
	AvatarURL  string `json:"avatar_url"`
	IsStudent  bool   `json:"is_student"`
	DeviceID   string `json:"device_id"`
	DeviceName string `json:"device_name"`

	Notices []noticeJSON `json:"notices"`
}
