/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quirk.h"

#include <string.h>

struct viod_net_quirk net_quirk(struct viod_pf *pf)
{
	const struct viod_net_quirk *own = viod_quirk(pf)->kind;
	struct viod_net_quirk quirk = { 0 };

	if (own)
		memcpy(&quirk, own, own->size < sizeof(quirk) ? own->size : sizeof(quirk));
	return quirk;
}
