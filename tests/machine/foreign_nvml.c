// SPDX-License-Identifier: Apache-2.0
/* An NVML that shares nothing with the simulator's: as an old driver's, it has only the first names of
 * its functions, gives PCI addresses as numbers, and knows no fields. With FOREIGN_NVML_FIELDS it is
 * the other kind: states by fields only, links to switches that hide their addresses. Two cards. */
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <nvml.h>
#include <string.h>

static int cards[2];

static int index_of(nvmlDevice_t device) { return (int*)device == &cards[1]; }

nvmlReturn_t nvmlInit(void) { return NVML_SUCCESS; }
nvmlReturn_t nvmlShutdown(void) { return NVML_SUCCESS; }

nvmlReturn_t nvmlDeviceGetCount(unsigned int* count) {
  *count = 2;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t* device) {
  *device = (nvmlDevice_t)&cards[index];
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  pci->domain = 0;
  pci->bus = (unsigned)index_of(device) + 1;
  pci->device = 0;
  pci->pciDeviceId = 0x1DB410DE;
  return NVML_SUCCESS;
}

#ifdef FOREIGN_NVML_FIELDS

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned int link,
                                      nvmlEnableState_t* active) {
  (void)device, (void)link, (void)active;
  return NVML_ERROR_NOT_SUPPORTED;
}

nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t device, unsigned int link,
                                                 nvmlPciInfo_t* pci) {
  (void)device, (void)link;
  strcpy(pci->busId, "FFFFFFFF:FF:FF.0");
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t* values) {
  (void)device;
  for (int i = 0; i < count; ++i) {
    const int there = values[i].scopeId < 18;
    values[i].nvmlReturn = NVML_ERROR_NOT_SUPPORTED;
    values[i].valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
    if (values[i].fieldId == NVML_FI_DEV_NVLINK_GET_STATE && there) {
      values[i].nvmlReturn = NVML_SUCCESS;
      values[i].value.uiVal = 1;
    }
    /* As boards without C2C answer on some drivers: links that exist in number only. */
    if (values[i].fieldId == NVML_FI_DEV_C2C_LINK_COUNT) {
      values[i].nvmlReturn = NVML_SUCCESS;
      values[i].value.uiVal = 10;
    }
    if (values[i].fieldId == NVML_FI_DEV_C2C_LINK_GET_STATUS) {
      values[i].nvmlReturn = NVML_SUCCESS;
      values[i].value.uiVal = 0;
    }
    if (values[i].fieldId == NVML_FI_DEV_NVLINK_GET_SPEED && there) {
      values[i].nvmlReturn = NVML_SUCCESS;
      values[i].value.uiVal = 26562;
    }
  }
  return NVML_SUCCESS;
}

#else

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned int link,
                                      nvmlEnableState_t* active) {
  (void)device;
  if (link > 1) return NVML_ERROR_INVALID_ARGUMENT;
  *active = NVML_FEATURE_ENABLED;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkVersion(nvmlDevice_t device, unsigned int link,
                                        unsigned int* version) {
  (void)device, (void)link;
  *version = NVML_NVLINK_VERSION_2_2;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo(nvmlDevice_t device, unsigned int link,
                                              nvmlPciInfo_t* pci) {
  (void)link;
  strcpy(pci->busIdLegacy, index_of(device) ? "0000:01:00.0" : "0000:02:00.0");
  return NVML_SUCCESS;
}

#endif
