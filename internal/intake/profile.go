package intake

import (
	"context"
	"errors"
	"os"
	"regexp"
	"slices"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// Profiles returns the file formats that can be imported.
func Profiles() []tabfile.Profile { return tabfile.BuiltIn() }

// ProfileName is the name of a profile for people, or its id when the program
// does not know it any more.
func ProfileName(id string) string {
	if p, ok := tabfile.ByID(Profiles(), id); ok {
		return p.Name
	}
	return id
}

// lead is by how much the best profile must lead to be chosen without asking.
const lead = 0.05

// choose finds the profile of an upload. Errors: fault.Invalid
// "import.profile_unclear" with the candidates as details,
// "import.profile_unknown", or what the profile that comes closest objects to.
func choose(ctx context.Context, db *store.DB, up Upload, s spooled) (tabfile.Profile, error) {
	profiles := Profiles()
	if up.Profile != "" {
		p, ok := tabfile.ByID(profiles, up.Profile)
		if !ok {
			return p, fault.New(fault.Invalid, "import.no_such_profile", "profile", up.Profile)
		}
		return p, nil
	}
	found := tabfile.Detect(up.FileName, s.head, profiles)
	if len(found) == 0 {
		return tabfile.Profile{}, nearest(ctx, up.FileName, spoolPath(db, s.name), profiles)
	}
	if len(found) > 1 && found[1].Score > found[0].Score-lead {
		unclear := fault.New(fault.Invalid, "import.profile_unclear")
		for _, c := range found {
			unclear = unclear.With(fault.Detail{Code: "import.candidate", Value: c.ID, Args: fault.Args("name", c.Name)})
		}
		return tabfile.Profile{}, unclear
	}
	p, _ := tabfile.ByID(profiles, found[0].ID)
	return p, nil
}

// telling are refusals that say what is wrong whatever the profile.
var telling = []string{"tabfile.my_number_heading", "tabfile.my_number_column", "tabfile.resident_code_heading", "tabfile.empty"}

// nearest explains why no profile fits: by a refusal that holds for any, else
// by the objection of the profile that understood most of the file.
func nearest(ctx context.Context, fileName, path string, profiles []tabfile.Profile) error {
	best, bestScore := error(errForeign), 0
	for _, p := range profiles {
		good, err := attempt(ctx, path, p)
		f, ok := fault.As(err)
		if err != nil && !ok {
			return err
		}
		if !ok {
			continue
		}
		if slices.Contains(telling, f.Code) {
			return err
		}
		if re, reErr := regexp.Compile(p.FileName); reErr == nil && p.FileName != "" && re.MatchString(fileName) {
			good++
		}
		if good > bestScore {
			best, bestScore = err, good
		}
	}
	return best
}

// errForeign ends an attempt in which nothing is understood.
var errForeign = fault.New(fault.Invalid, "import.profile_unknown")

// attempt reads a file by a profile and returns how many rows it understood
// before it was refused.
func attempt(ctx context.Context, path string, p tabfile.Profile) (good int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	bad := 0
	_, err = tabfile.Read(ctx, file, p, tabfile.Sink{
		Row: func(tabfile.Row) error {
			good++
			return nil
		},
		Finding: func(tabfile.Finding) error {
			if bad++; bad > shownFindings && good == 0 {
				return errForeign
			}
			return nil
		},
	})
	return good, err
}
