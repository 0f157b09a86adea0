package slot

import "kofu/internal/store"

// Windows returns the windows of a tenant in the order of their codes.
func Windows(rx *store.Rx, tenant int) (list []Window, err error) {
	ids, err := windowIDs(rx, tenant)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		w, err := selectWindow(rx, tenant, id)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, nil
}
